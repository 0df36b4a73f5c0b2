namespace Grafting.Core.Data;

/// <summary>
/// An endless even mix of several sources (<see cref="EvenMix"/>): every epoch holds each element of each source once. Position k always
/// gives the same element. Takes five bytes per element of an epoch; safe for concurrent use.
/// </summary>
public sealed class MixOrder
{
    readonly IReadOnlyList<int> _counts;
    readonly byte[] _sources;
    readonly int[] _indices;

    /// <param name="counts">Sizes of the sources; at least one element in all.</param>
    public MixOrder(IReadOnlyList<int> counts)
    {
        _counts = counts;
        Fault.IfOutside(counts.Count, 1, byte.MaxValue);
        Fault.IfOutside(counts.Sum(count => (long)count), 1, Array.MaxLength, "the number of samples of all sources");
        (_sources, _indices) = (new byte[counts.Sum()], new int[counts.Sum()]);
        foreach (var (k, (source, index)) in EvenMix.Order(counts).Index()) (_sources[k], _indices[k]) = ((byte)source, index);
    }

    /// <summary>Elements of an epoch.</summary>
    public int Count => _sources.Length;

    /// <summary>The source of a position, and the position in that source, both counted from the start of the first epoch.</summary>
    public (int Source, long Position) At(long position)
    {
        Fault.IfOutside(position, 0, long.MaxValue);
        var (epoch, offset) = Math.DivRem(position, Count);
        var source = _sources[offset];
        return (source, (epoch * _counts[source]) + _indices[offset]);
    }
}
