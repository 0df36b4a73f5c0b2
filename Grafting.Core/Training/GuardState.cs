namespace Grafting.Core.Training;

/// <summary>
/// What the guard remembers; part of a checkpoint, so that a resumed run judges every step as an uninterrupted one would.
/// </summary>
public sealed record GuardState
{
    /// <summary>Losses of the latest steps that were taken in this stage, oldest first.</summary>
    public IReadOnlyList<double> Losses { get; init; } = [];

    /// <summary>Their gradient norms before clipping.</summary>
    public IReadOnlyList<double> Norms { get; init; } = [];

    /// <summary>Spikes skipped one after another just now.</summary>
    public int SpikesInARow { get; init; }

    /// <summary>Steps of the run skipped as spikes.</summary>
    public int Spikes { get; init; }

    /// <summary>Steps of the run skipped for numbers that are not finite.</summary>
    public int NonFinite { get; init; }

    /// <summary>Steps of this stage skipped for either reason; the optimizer has made so many fewer.</summary>
    public int SkippedInStage { get; init; }

    /// <summary>Two states are the same when their windows hold the same values.</summary>
    public bool Equals(GuardState? other) =>
        other is not null
        && (SpikesInARow, Spikes, NonFinite, SkippedInStage) == (other.SpikesInARow, other.Spikes, other.NonFinite, other.SkippedInStage)
        && Losses.SequenceEqual(other.Losses)
        && Norms.SequenceEqual(other.Norms);

    public override int GetHashCode() => HashCode.Combine(SpikesInARow, Spikes, NonFinite, SkippedInStage, Losses.Count);

    /// <summary>
    /// Another stage trains other things on other data, so its losses tell nothing about the next one's; the budgets are the run's.
    /// </summary>
    public GuardState NextStage() => new() { Spikes = Spikes, NonFinite = NonFinite };
}
