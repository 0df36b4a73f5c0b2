using System.Text;

namespace Grafting.Core.Text;

/// <summary>
/// Text as Python sees it, by which chat templates and benchmarks are defined: code points, with an own idea of white space.
/// </summary>
internal static class PythonText
{
    /// <summary><c>str.isspace</c> of one character: also the four separators of ASCII, which .NET does not count.</summary>
    public static bool IsSpace(char character) => char.IsWhiteSpace(character) || character is >= '\x1c' and <= '\x1f';

    public static bool IsSpace(ReadOnlySpan<char> text)
    {
        foreach (var character in text)
            if (!IsSpace(character)) return false;
        return true;
    }

    /// <summary><c>str.strip()</c>.</summary>
    public static string Strip(string text)
    {
        var start = 0;
        while (start < text.Length && IsSpace(text[start])) start++;
        return text[start..(start + StripEnd(text.AsSpan(start)))];
    }

    /// <summary>How much of a text <c>str.rstrip()</c> leaves.</summary>
    public static int StripEnd(ReadOnlySpan<char> text)
    {
        var end = text.Length;
        while (end > 0 && IsSpace(text[end - 1])) end--;
        return end;
    }

    /// <summary>
    /// <c>str.capitalize()</c>: the first letter large, all others small. Letters whose other form is two letters (ß) stay, and a final
    /// Greek sigma becomes the ordinary one.
    /// </summary>
    public static string Capitalize(string text)
    {
        if (text.Length == 0) return text;
        Rune.DecodeFromUtf16(text, out var first, out var length);
        return Rune.ToUpperInvariant(first) + text[length..].ToLowerInvariant();
    }

    public static bool HasPairs(string text) => text.AsSpan().IndexOfAnyInRange('\uD800', '\uDBFF') >= 0;

    /// <summary><c>len(str)</c>: the number of code points.</summary>
    public static int Length(string text)
    {
        if (!HasPairs(text)) return text.Length;
        var count = 0;
        for (var i = 0; i < text.Length; i += Width(text, i)) count++;
        return count;
    }

    /// <summary>UTF-16 units of the character at an index.</summary>
    public static int Width(string text, int at) =>
        char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;

    /// <summary>Indices at which the characters begin, and the length behind them.</summary>
    public static int[] Starts(string text)
    {
        List<int> starts = new(text.Length + 1);
        for (var i = 0; i < text.Length; i += Width(text, i)) starts.Add(i);
        starts.Add(text.Length);
        return [.. starts];
    }

    /// <summary>By code points; UTF-16 units order supplementary characters before U+E000.</summary>
    public static int Compare(string a, string b)
    {
        var shared = a.AsSpan().CommonPrefixLength(b);
        if (shared == a.Length || shared == b.Length) return a.Length.CompareTo(b.Length);
        var (x, y) = (a[shared], b[shared]);
        if (char.IsSurrogate(x) != char.IsSurrogate(y))
            return char.IsSurrogate(x) ? (y > '\uDFFF' ? 1 : x.CompareTo(y)) : x > '\uDFFF' ? -1 : x.CompareTo(y);
        return x.CompareTo(y);
    }
}
