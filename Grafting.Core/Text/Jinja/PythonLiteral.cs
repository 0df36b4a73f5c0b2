using System.Globalization;
using System.Text;

namespace Grafting.Core.Text.Jinja;

/// <summary>String literals as Python has them.</summary>
internal static class PythonLiteral
{
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
                for (; digits < 3 && i + digits < text.Length && text[i + digits] is >= '0' and <= '7'; digits++)
                    value = value * 8 + text[i + digits] - '0';
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
        if (!int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            || value is < 0 or > 0x10FFFF)
            return false;
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
