namespace Grafting.Core.Data;

/// <summary>
/// An endless order over samples of which every epoch holds each once. Position k always gives the same sample, so that a run resumes
/// from a number alone, and any number of workers reads the same. Safe for concurrent use.
/// </summary>
public abstract class EpochOrder
{
    // Workers around the border of two epochs ask for both.
    readonly (long Epoch, int[] Order)[] _recent = [(-1, []), (-1, [])];
    readonly Lock _lock = new();

    /// <param name="count">Number of samples, at least 1.</param>
    protected EpochOrder(int count)
    {
        Fault.IfOutside(count, 1, int.MaxValue);
        Count = count;
    }

    public int Count { get; }

    /// <summary>Index of the sample at a position counted from the start of the first epoch.</summary>
    public int At(long position)
    {
        Fault.IfOutside(position, 0, long.MaxValue);
        var (epoch, offset) = Math.DivRem(position, Count);
        return Epoch(epoch)[(int)offset];
    }

    /// <summary>All indices in the order of an epoch.</summary>
    protected abstract int[] Make(long epoch);

    int[] Epoch(long epoch)
    {
        lock (_lock)
        {
            ref var slot = ref _recent[(int)(epoch % 2)];
            if (slot.Epoch != epoch) slot = (epoch, Make(epoch));
            return slot.Order;
        }
    }
}
