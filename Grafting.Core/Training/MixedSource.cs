using Grafting.Core.Data;

namespace Grafting.Core.Training;

/// <summary>
/// Several sources evenly interleaved in the proportion of their sizes (arXiv 2505.22664): no stretch of the order holds more or less of
/// one than is due. The sources shuffle their own samples anew in every epoch; which source a position takes from is the same in each.
/// </summary>
/// <param name="sources">Each with the number of its samples per epoch.</param>
public sealed class MixedSource(IReadOnlyList<(ISampleSource Source, int Count)> sources) : ISampleSource
{
    readonly MixOrder _order = new([.. sources.Select(s => s.Count)]);

    public EncodedSample At(long position)
    {
        var (source, place) = _order.At(position);
        return sources[source].Source.At(place);
    }
}
