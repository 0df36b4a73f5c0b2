namespace Grafting.Core;

/// <summary>What a slip of the fingers may have meant.</summary>
public static class Spelling
{
    /// <summary>The known word nearest to a text, ignoring case; null when none is near.</summary>
    public static string? Nearest(string text, IEnumerable<string> known)
    {
        var nearest = known.Select(
            word => (Word: word, Distance: Distance(word, text))).OrderBy(candidate => candidate.Distance).Take(1).ToArray();
        return nearest is [var (word, distance)] && distance <= Math.Max(2, text.Length / 3) ? word : null;
    }

    /// <summary>"Did you mean WORD? ", or nothing when no known word is near.</summary>
    public static string Suggest(string text, IEnumerable<string> known) =>
        Nearest(text, known) is { } word ? $"Did you mean {word}? " : "";

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
