using Grafting.Core.Data;

namespace Grafting.Core.Training;

/// <summary>The part of a source that one of several processes reads.</summary>
/// <param name="source">The same in every process.</param>
public sealed class RankedSource(ISampleSource source, RankShard shard) : ISampleSource
{
    public EncodedSample At(long position) => source.At(shard.PositionOf(position));
}
