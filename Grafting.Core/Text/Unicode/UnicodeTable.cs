using System.Globalization;

namespace Grafting.Core.Text.Unicode;

/// <summary>Reads the tables beside this file: text with hexadecimal numbers, comments behind <c>#</c>.</summary>
internal static class UnicodeTable
{
    static readonly Lazy<HashSet<int>> marks = new(() => [.. Lines("marks.txt").SelectMany(line => line.Split(' ')).SelectMany(Range)]);

    /// <summary>Whether Unicode 9.0 counts a character among the marks, which accents are.</summary>
    public static bool IsMark(int value) => marks.Value.Contains(value);

    /// <summary>The lines of a table that are no comments.</summary>
    public static IEnumerable<string> Lines(string name)
    {
        using var stream = typeof(UnicodeTable).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            if (!line.StartsWith('#')) yield return line;
    }

    public static int Hex(string digits) => int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>The numbers of <c>first-last</c>, or of one number alone.</summary>
    public static IEnumerable<int> Range(string range)
    {
        var ends = range.Split('-');
        var first = Hex(ends[0]);
        return Enumerable.Range(first, Hex(ends[^1]) - first + 1);
    }
}
