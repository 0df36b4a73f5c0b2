namespace Grafting.Core.Training;

/// <summary>One part of the model that a stage trains.</summary>
public sealed record TrainedPart
{
    /// <summary>
    /// <c>adapter</c>, <c>boundary</c>, <c>tower</c>, <c>tower-norm</c> (the tower's last norm), <c>translator</c> or <c>decoder</c>.
    /// </summary>
    public required string Part { get; init; }

    /// <summary>Factor on the stage's learning rate; a translator wants far less than an adapter.</summary>
    public double Rate { get; init; } = 1;

    /// <summary>Only the last so many blocks of the tower; null means all of it, with its embeddings and norms.</summary>
    public int? LastBlocks { get; init; }
}

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

    public required IReadOnlyList<TrainedPart> Train { get; init; }

    /// <summary>The learning rate of each step.</summary>
    public LearningRateSchedule ToSchedule() => new(LearningRate, (int)Math.Round(WarmUp * Steps), Steps);

    /// <exception cref="GraftException">Usage, naming the stage and the value.</exception>
    public StageConfig Validate()
    {
        try
        {
            Fault.IfOutside(Steps, 1, 100_000_000);
            Fault.IfOutside(ImageBatch, 0, 1_000_000);
            Fault.IfOutside(TextBatch, 0, 1_000_000);
            Fault.IfOutside(ImageBatch + TextBatch, 1, 1_000_000);
            Fault.IfOutside(TextShare ?? 0, 0, 1);
            Fault.IfOutside(MicroBatch, 1, 1_000_000);
            Fault.IfOutside(RowLength, 1, 1_000_000);
            Fault.IfOutside(LearningRate, 0, 100);
            Fault.IfOutside(WarmUp, 0, 1);
            Fault.IfOutside(ClipNorm, 1e-9, 1e9);
            Fault.IfOutside(SpecialTokenWeight, 0, 1);
            Optimizer.Validate();
        }
        catch (GraftException fault)
        {
            throw Fault.Usage($"stage '{Name}': {fault.Message}");
        }
        if (Train.Count == 0) throw Fault.Usage($"stage '{Name}' trains nothing.", "List at least one part under 'train'.");
        return this;
    }
}
