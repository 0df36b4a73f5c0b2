namespace Grafting.Core.Data;

/// <summary>Merges several sources so that each is spread evenly over the whole, in the proportion of their sizes.</summary>
public static class EvenMix
{
    /// <summary>
    /// Always takes next from the source of which the smallest share has been taken so far; on a tie, from the earlier source.
    /// </summary>
    /// <param name="counts">Sizes of the sources.</param>
    /// <returns>Each element of each source once, the elements of one source in their own order.</returns>
    public static IEnumerable<(int Source, int Index)> Order(IReadOnlyList<int> counts)
    {
        foreach (int count in counts) Fault.IfOutside(count, 0, int.MaxValue);
        return Merge(counts);
    }

    static IEnumerable<(int Source, int Index)> Merge(IReadOnlyList<int> counts)
    {
        var taken = new int[counts.Count];
        while (true)
        {
            int next = -1;
            for (int source = 0; source < counts.Count; source++)
            {
                if (taken[source] == counts[source]) continue;
                // taken / count compared as whole numbers: quotients of doubles would tie or not by rounding.
                if (next < 0 || (long)taken[source] * counts[next] < (long)taken[next] * counts[source]) next = source;
            }
            if (next < 0) yield break;
            yield return (next, taken[next]++);
        }
    }
}
