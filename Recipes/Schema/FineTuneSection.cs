using Grafting.Core;
using Grafting.Core.Models.Lora;
using Grafting.Core.Training;

namespace Grafting.Recipes.Schema;

/// <summary>Stage 3 of the paper: training of the whole target, from the graft on, with samples that have pictures.</summary>
public sealed record FineTuneSection
{
    /// <summary>Passes over the chosen fraction of the data; its steps are fraction · samples · epochs / batch, rounded down.</summary>
    public double Epochs { get; init; } = 1;

    /// <summary>Fraction of the data that is read; <c>--fraction</c> and <c>--curve</c> choose others.</summary>
    public double Fraction { get; init; } = 0.2;

    /// <summary>Samples per step.</summary>
    public required int Batch { get; init; }

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

    public bool Recompute { get; init; }

    /// <summary>What trains with <c>--finetune full</c>; with <c>lora</c>, adapters of low rank take the place of 'decoder'.</summary>
    public required IReadOnlyList<TrainedPart> Train { get; init; }

    public LoraConfig Lora { get; init; } = new();

    /// <exception cref="GraftException">Usage, naming the value.</exception>
    public FineTuneSection Validate()
    {
        Fault.IfOutside(Epochs, 1e-6, 1000);
        Fault.IfOutside(Fraction, 1e-6, 1);
        Lora.Validate();
        ToStage(steps: 1, lora: false);
        return this;
    }

    /// <summary>The stage that this section describes, for so many steps.</summary>
    /// <param name="lora">Trains adapters of low rank in place of the decoder.</param>
    public StageConfig ToStage(int steps, bool lora) => new StageConfig
    {
        Name = "finetune",
        Steps = steps,
        ImageBatch = Batch,
        MicroBatch = MicroBatch,
        RowLength = RowLength,
        LearningRate = LearningRate,
        WarmUp = WarmUp,
        Optimizer = Optimizer,
        ClipNorm = ClipNorm,
        SpecialTokenWeight = SpecialTokenWeight,
        LabelLineBreak = LabelLineBreak,
        Recompute = Recompute,
        Train = lora ? [.. Train.Select(part => part.Part == "decoder" ? part with { Part = "lora" } : part)] : Train,
    }.Validate();
}
