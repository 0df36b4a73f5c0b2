using Grafting.Core.Numerics;

namespace Grafting.Core.Data;

/// <summary>
/// An endless order over samples: every epoch holds each of them once, shuffled anew. Position k always gives the same sample, so
/// that a run resumes from a number alone. Safe for concurrent use.
/// </summary>
public sealed class SampleOrder
{
    readonly ulong _seed;

    // Workers around the border of two epochs ask for both.
    readonly (long Epoch, int[] Order)[] _recent = [(-1, []), (-1, [])];
    readonly Lock _lock = new();

    /// <param name="count">Number of samples, at least 1.</param>
    public SampleOrder(ulong seed, int count)
    {
        Fault.IfOutside(count, 1, int.MaxValue);
        (_seed, Count) = (seed, count);
    }

    public int Count { get; }

    /// <summary>Index of the sample at a position counted from the start of the first epoch.</summary>
    public int At(long position)
    {
        Fault.IfOutside(position, 0, long.MaxValue);
        var (epoch, offset) = Math.DivRem(position, Count);
        return Epoch(epoch)[(int)offset];
    }

    int[] Epoch(long epoch)
    {
        lock (_lock)
        {
            ref var slot = ref _recent[(int)(epoch % 2)];
            if (slot.Epoch != epoch)
            {
                int[] order = [.. Enumerable.Range(0, Count)];
                new DeterministicRandom(_seed, (ulong)epoch).Shuffle<int>(order);
                slot = (epoch, order);
            }
            return slot.Order;
        }
    }
}
