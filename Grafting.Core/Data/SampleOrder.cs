using Grafting.Core.Numerics;

namespace Grafting.Core.Data;

/// <summary>Every epoch is shuffled anew as a whole, so that any sample may follow any other.</summary>
/// <param name="count">Number of samples, at least 1.</param>
public sealed class SampleOrder(ulong seed, int count) : EpochOrder(count)
{
    protected override int[] Make(long epoch)
    {
        int[] order = [.. Enumerable.Range(0, Count)];
        new DeterministicRandom(seed, (ulong)epoch).Shuffle<int>(order);
        return order;
    }
}

/// <summary>
/// Every epoch is shuffled through a <see cref="ShuffleBuffer"/>: samples are read about where they stand in their files, which disks and
/// caches are quick at, and mixed with those around them. Of the state nothing need be saved, since a position tells it.
/// </summary>
/// <param name="count">Number of samples, at least 1.</param>
/// <param name="buffer">Samples that may change places, see <see cref="ShuffleBuffer"/>.</param>
public sealed class BufferedOrder(ulong seed, int count, int buffer) : EpochOrder(count)
{
    protected override int[] Make(long epoch)
    {
        var shuffled = ShuffleBuffer.At(seed, Count, buffer, epoch);
        var order = new int[Count];
        for (var i = 0; i < order.Length; i++) order[i] = shuffled.Next();
        return order;
    }
}
