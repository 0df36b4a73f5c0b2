using Grafting.Core;
using Grafting.Core.Training;

namespace Grafting.Surrogates.Translators;

/// <summary>How translators are trained on text alone.</summary>
public sealed record DistillationConfig
{
    public const int MostSteps = 100_000_000;
    public const double LeastRate = 1e-9, MostRate = 1;

    /// <summary>Optimizer steps, each on one batch of passages.</summary>
    public int Steps { get; init; } = 500;

    public double LearningRate { get; init; } = 3e-4;

    /// <summary>Fraction of the steps that warm up.</summary>
    public double WarmUp { get; init; } = 0.05;

    /// <summary>Largest norm of the whole gradient.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Weight of the hidden states in the loss; the logits weigh 1.</summary>
    public double HiddenWeight { get; init; } = 1;

    /// <summary>Of the order of the batches.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Steps between checkpoints.</summary>
    public int CheckpointEvery { get; init; } = 100;

    public AdamWConfig Optimizer { get; init; } = new() { Beta2 = 0.95 };

    public LearningRateSchedule ToSchedule() => new(LearningRate, (int)Math.Round(WarmUp * Steps), Steps);

    public DistillationConfig Validate()
    {
        Fault.IfOutside(Steps, 1, MostSteps);
        Fault.IfOutside(LearningRate, LeastRate, MostRate);
        Fault.IfOutside(WarmUp, 0, 1);
        Fault.IfOutside(ClipNorm, 1e-9, 1e9);
        Fault.IfOutside(HiddenWeight, 0, 1e6);
        Fault.IfOutside(CheckpointEvery, 1, 1_000_000);
        Optimizer.Validate();
        return this;
    }
}
