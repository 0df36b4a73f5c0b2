namespace Grafting.Core.Training;

/// <summary>What early stopping remembers of a stage; part of a checkpoint.</summary>
public sealed record EarlyStopState
{
    /// <summary>The lowest validation loss so far; null before the first.</summary>
    public double? Lowest { get; init; }

    /// <summary>Validations since then.</summary>
    public int Without { get; init; }

    /// <summary>The state after one more validation. A loss that is not a number is no gain.</summary>
    public EarlyStopState After(double loss, EarlyStop config) => loss < (Lowest ?? double.PositiveInfinity) - config.MinimumGain
        ? new EarlyStopState { Lowest = loss }
        : this with { Without = Without + 1 };

    public bool Ends(EarlyStop config) => Without >= config.Patience;
}
