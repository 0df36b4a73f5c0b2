namespace Grafting.Core.Text;

/// <summary>The merges that may be done in a piece, the lowest rank first and the leftmost among equals: a heap of four branches.</summary>
internal sealed class MergeQueue
{
    const int Branches = 4;

    /// <summary>The rank above the place, so that one comparison decides.</summary>
    long[] entries = new long[64];
    int count;

    /// <summary>Adds a merge without regard to order; <see cref="Order"/> must follow.</summary>
    public void Append(int rank, int at)
    {
        if (count == entries.Length) Array.Resize(ref entries, 2 * count);
        entries[count++] = ((long)rank << 32) | (uint)at;
    }

    public void Order()
    {
        for (var at = (count - 2) / Branches; at >= 0; at--) Sink(at, entries[at]);
    }

    public void Add(int rank, int at)
    {
        Append(rank, at);
        var entry = entries[count - 1];
        var place = count - 1;
        while (place > 0 && (place - 1) / Branches is var above && entries[above] > entry)
        {
            entries[place] = entries[above];
            place = above;
        }
        entries[place] = entry;
    }

    public bool TryTake(out int rank, out int at)
    {
        var first = count == 0 ? 0 : entries[0];
        (rank, at) = ((int)(first >> 32), (int)first);
        if (count == 0) return false;
        if (--count > 0) Sink(0, entries[count]);
        return true;
    }

    void Sink(int place, long entry)
    {
        for (int below; (below = Branches * place + 1) < count; place = below)
        {
            for (int other = below + 1, end = Math.Min(below + Branches, count); other < end; other++)
                if (entries[other] < entries[below]) below = other;
            if (entries[below] >= entry) break;
            entries[place] = entries[below];
        }
        entries[place] = entry;
    }
}
