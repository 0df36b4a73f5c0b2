namespace Grafting.Surrogates.Planning;

/// <summary>One surrogate that a target could be cut down to: a prefix, one translator, the last layer.</summary>
/// <param name="KeptPrefix">Layers kept in front; the translator is a copy of the next one.</param>
/// <param name="Cut">As <c>build-surrogate</c> takes it.</param>
/// <param name="BytesRead">Bytes of the target's weights that are read to build it.</param>
/// <param name="CostRatio">Operations as a fraction of those with the whole target.</param>
/// <param name="LayersBeforeTransition">Kept layers that are missing in front of the transition; 0 is no known risk.</param>
/// <param name="Risk">The same in words.</param>
/// <param name="Published">Whether results were published for this cut of this shape.</param>
/// <param name="Fits">Whether it stays within all limits.</param>
public sealed record SurrogateCandidate(
    int KeptPrefix, string Cut, long BytesRead, TrainingCost Cost, double CostRatio, int LayersBeforeTransition, string Risk,
    bool Published, bool Fits)
{
    /// <summary>Whether no other candidate is at least as good in risk, operations and memory, and better in one of them.</summary>
    public bool ParetoOptimal { get; init; }

    /// <summary>Whether it is the cheapest without known risk that fits.</summary>
    public bool Recommended { get; init; }

    internal bool Dominates(SurrogateCandidate other) =>
        LayersBeforeTransition <= other.LayersBeforeTransition && Cost.Flops <= other.Cost.Flops && Cost.PeakMemory <= other.Cost.PeakMemory
        && (
            LayersBeforeTransition < other.LayersBeforeTransition || Cost.Flops < other.Cost.Flops
                || Cost.PeakMemory < other.Cost.PeakMemory);
}

/// <summary>The surrogate that comes nearest where none fits without risk, and what it is short of.</summary>
/// <param name="KeptPrefix">Of that surrogate.</param>
/// <param name="LayersBeforeTransition">More than 0 only where no cut of this target reaches the transition.</param>
/// <param name="MemoryMissing">Bytes beyond the limit; 0 where memory is enough.</param>
/// <param name="HoursMissing">Beyond the limit; 0 where the time is enough.</param>
/// <param name="LargestFitting">The longest prefix that does fit, with its risk; null where nothing fits.</param>
public sealed record NearestMiss(int KeptPrefix, int LayersBeforeTransition, long MemoryMissing, double HoursMissing, int? LargestFitting);
