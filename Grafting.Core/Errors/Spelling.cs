namespace Grafting.Core;

/// <summary>Finds the name that a slip of the fingers meant.</summary>
public static class Spelling
{
    /// <summary>The candidate nearest to the text, or null when none is near.</summary>
    public static string? Nearest(string text, IEnumerable<string> candidates)
    {
        var (nearest, distance) = candidates.Select(candidate => (candidate, Distance(candidate, text))).MinBy(pair => pair.Item2);
        return nearest is not null && distance <= Math.Max(2, text.Length / 3) ? nearest : null;
    }

    /// <summary>Letters to insert, remove or change, ignoring case.</summary>
    static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var same = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]);
                (diagonal, row[j]) = (row[j], Math.Min(diagonal + (same ? 0 : 1), Math.Min(row[j], row[j - 1]) + 1));
            }
        }
        return row[^1];
    }
}
