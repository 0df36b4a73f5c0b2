using Grafting.Core.Text;

namespace Grafting.Core.Training;

/// <summary>One stage of training: what trains, on how much of which data, how fast.</summary>
public sealed record StageConfig
{
    public required string Name { get; init; }

    /// <summary>Optimizer steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Samples with a picture per step.</summary>
    public int ImageBatch { get; init; }

    /// <summary>Text-only samples per step.</summary>
    public int TextBatch { get; init; }

    /// <summary>
    /// In place of the two: samples per step of all data together, pictures and text evenly interleaved in the proportion of their numbers.
    /// </summary>
    public int? Batch { get; init; }

    /// <summary>
    /// Share of the loss that text-only samples have in a step with both kinds; null weighs every supervised token alike, as the paper's
    /// code does.
    /// </summary>
    public double? TextShare { get; init; }

    /// <summary>Most samples in one forward pass; the result does not depend on it.</summary>
    public int MicroBatch { get; init; } = 32;

    /// <summary>Length of a packed row in positions; longer samples make longer rows.</summary>
    public int RowLength { get; init; } = 512;

    public required double LearningRate { get; init; }

    /// <summary>Fraction of the steps that warm up.</summary>
    public double WarmUp { get; init; } = 0.03;

    public AdamWConfig Optimizer { get; init; } = new();

    /// <summary>Largest norm of the whole gradient.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Weight of template tokens in the loss; answers weigh 1.</summary>
    public double SpecialTokenWeight { get; init; }

    /// <summary>Whether the line break between an answer's header and its text is a label of weight 1 (stage 3 of the paper).</summary>
    public bool LabelLineBreak { get; init; }

    /// <summary>More weight for short answers; null weighs every answer token alike.</summary>
    public LossBalance? Balance { get; init; }

    /// <summary>
    /// Keeps only what enters each layer, and computes the rest again on the way back: a third more arithmetic, far less memory, the same
    /// gradients.
    /// </summary>
    public bool Recompute { get; init; }

    public NonFiniteConfig OnNonFinite { get; init; } = new();

    public SpikeConfig OnSpike { get; init; } = new();

    public required IReadOnlyList<TrainedPart> Train { get; init; }

    /// <summary>Samples per step.</summary>
    public int Samples => Batch ?? (ImageBatch + TextBatch);

    /// <summary>Which tokens of its samples are labels.</summary>
    public LabelPolicy ToLabels() => new(SpecialTokenWeight, LabelLineBreak);

    /// <summary>The learning rate of each step. Steps of the warm-up are rounded down, as in the paper's code.</summary>
    public LearningRateSchedule ToSchedule() => new(LearningRate, (int)(WarmUp * Steps), Steps);

    /// <exception cref="GraftException">Usage, naming the stage and the value.</exception>
    public StageConfig Validate()
    {
        try
        {
            Fault.IfOutside(Steps, 1, 100_000_000);
            Fault.IfOutside(ImageBatch, 0, 1_000_000);
            Fault.IfOutside(TextBatch, 0, 1_000_000);
            if (Batch is not null && ImageBatch + TextBatch > 0)
                throw Fault.Usage("'batch' stands beside 'imageBatch' or 'textBatch'; it takes their place.");
            Fault.IfOutside(Samples, 1, 1_000_000, "batch (or imageBatch + textBatch)");
            if (Batch is not null && TextShare is not null) throw Fault.Usage("'textShare' needs 'imageBatch' and 'textBatch'.");
            Fault.IfOutside(TextShare ?? 0, 0, 1);
            Fault.IfOutside(MicroBatch, 1, 1_000_000);
            Fault.IfOutside(RowLength, 1, 1_000_000);
            Fault.IfOutside(LearningRate, 0, 100);
            Fault.IfOutside(WarmUp, 0, 1);
            Fault.IfOutside(ClipNorm, 1e-9, 1e9);
            Fault.IfOutside(SpecialTokenWeight, 0, 1);
            Optimizer.Validate();
            Balance?.Validate();
            OnNonFinite.Validate();
            OnSpike.Validate();
            foreach (var part in Train) part.Validate();
        }
        catch (GraftException fault)
        {
            throw new GraftException(ErrorKind.Usage, $"stage '{Name}': {fault.Message}", fault.Remedy) { Subject = fault.Subject };
        }
        if (Train.Count == 0) throw Fault.Usage($"stage '{Name}' trains nothing.", "List at least one part under 'train'.");
        return this;
    }
}
