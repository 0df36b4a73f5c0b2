namespace Grafting.Recipes.Costs;

/// <summary>Where a figure comes from.</summary>
public enum Basis
{
    /// <summary>It was run and timed.</summary>
    Measured,

    /// <summary>Operations by formula over the speed that was reached elsewhere.</summary>
    Estimated,

    /// <summary>Others have published it.</summary>
    Published,
}

/// <summary>One part of a route to a model that sees.</summary>
/// <param name="Samples">Read; null where that was not counted.</param>
/// <param name="Flops">Null where they were not counted.</param>
/// <param name="Seconds">Null where nobody recorded them.</param>
public sealed record CostPart(string Name, Basis Basis, double? Samples, double? Flops, double? Seconds);

/// <summary>A route as a whole.</summary>
/// <param name="Key"><c>all</c>, <c>fraction</c> or <c>ours</c>.</param>
public sealed record CostRoute(string Key, string Name, IReadOnlyList<CostPart> Parts)
{
    /// <summary>Of the parts that are known.</summary>
    public double Seconds => Parts.Sum(part => part.Seconds ?? 0);

    public double Flops => Parts.Sum(part => part.Flops ?? 0);

    /// <summary>Whether a part's time is not known.</summary>
    public bool Incomplete => Parts.Any(part => part.Seconds is null);

    /// <summary>The weakest of the parts'.</summary>
    public Basis Basis => Parts.Max(part => part.Basis);
}
