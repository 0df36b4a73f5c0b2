using System.Globalization;

namespace Grafting.Surrogates;

/// <summary>Neighbouring layers of a target.</summary>
/// <param name="First">The first of them.</param>
/// <param name="Last">The last, which is one of them.</param>
public readonly record struct LayerRange(int First, int Last)
{
    public int Count => Last - First + 1;

    public bool Contains(int layer) => First <= layer && layer <= Last;

    /// <summary>So many parts of sizes as equal as possible, the larger ones behind.</summary>
    public IReadOnlyList<LayerRange> Split(int parts)
    {
        var (first, count) = (First, Count);
        return [.. Enumerable.Range(0, parts)
            .Select(i => new LayerRange(first + (i * count / parts), first + ((i + 1) * count / parts) - 1))];
    }

    /// <summary>As <c>--replace</c> takes it: "40-78".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
}
