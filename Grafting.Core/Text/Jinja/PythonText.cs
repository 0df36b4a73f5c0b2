using System.Globalization;
using System.Text;

namespace Grafting.Core.Text.Jinja;

/// <summary>Text as Python sees it: a sequence of code points, with Python's idea of white space and of a literal.</summary>
internal static class PythonText
{
    public static bool IsSpace(char character) => char.IsWhiteSpace(character) || character is >= '\x1c' and <= '\x1f';

    public static bool IsSpace(ReadOnlySpan<char> text)
    {
        foreach (var character in text)
            if (!IsSpace(character)) return false;
        return true;
    }

    public static string TrimEnd(string text)
    {
        var end = text.Length;
        while (end > 0 && IsSpace(text[end - 1])) end--;
        return text[..end];
    }

    public static bool HasPairs(string text) => text.AsSpan().IndexOfAnyInRange('\uD800', '\uDBFF') >= 0;

    /// <summary>Number of code points.</summary>
    public static int Length(string text)
    {
        if (!HasPairs(text)) return text.Length;
        var count = 0;
        for (var i = 0; i < text.Length; i += Width(text, i)) count++;
        return count;
    }

    /// <summary>UTF-16 units of the character at an index.</summary>
    public static int Width(string text, int at) => char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;

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
        if (char.IsSurrogate(x) != char.IsSurrogate(y)) return char.IsSurrogate(x) ? (y > '\uDFFF' ? 1 : x.CompareTo(y)) : x > '\uDFFF' ? -1 : x.CompareTo(y);
        return x.CompareTo(y);
    }

    /// <summary>Escapes of a Python string literal; one that Python does not know stays as it is written.</summary>
    public static string Unescape(ReadOnlySpan<char> text)
    {
        if (!text.Contains('\\')) return text.ToString();
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                plain.Append(text[i]);
                continue;
            }
            var kind = text[++i];
            var hex = kind switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (hex > 0 && i + hex < text.Length && TryCodePoint(text.Slice(i + 1, hex), out var written))
            {
                plain.Append(written);
                i += hex;
            }
            else if (kind is >= '0' and <= '7')
            {
                var (value, digits) = (0, 0);
                for (; digits < 3 && i + digits < text.Length && text[i + digits] is >= '0' and <= '7'; digits++) value = value * 8 + text[i + digits] - '0';
                plain.Append((char)value);
                i += digits - 1;
            }
            else
            {
                plain.Append(Simple(kind));
            }
        }
        return plain.ToString();
    }

    static bool TryCodePoint(ReadOnlySpan<char> digits, out string text)
    {
        text = "";
        if (!int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) || value is < 0 or > 0x10FFFF) return false;
        text = value <= 0xFFFF ? ((char)value).ToString() : char.ConvertFromUtf32(value);
        return true;
    }

    static string Simple(char kind) => kind switch
    {
        'n' => "\n",
        't' => "\t",
        'r' => "\r",
        'a' => "\a",
        'b' => "\b",
        'f' => "\f",
        'v' => "\v",
        '\n' => "",
        '\\' or '\'' or '"' => kind.ToString(),
        _ => $"\\{kind}",
    };
}
