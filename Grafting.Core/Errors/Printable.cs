using System.Globalization;
using System.Text;

namespace Grafting.Core;

/// <summary>Text from untrusted files, made safe for a terminal, a log line or an error message.</summary>
public static class Printable
{
    const int Limit = 200;

    /// <summary>
    /// The text in double quotes; control and formatting characters (NUL, escape, bidi marks) and lone surrogates appear as
    /// <c>\u001B</c>; cut after 200 characters.
    /// </summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            if (quoted.Length > Limit) return quoted.Append(CultureInfo.InvariantCulture, $"…\" ({text.Length} characters)").ToString();
            var status = Rune.DecodeFromUtf16(rest, out var rune, out var used);
            if (status == System.Buffers.OperationStatus.Done && IsHarmless(rune)) quoted.Append(rest[..used]);
            else foreach (var unit in rest[..used]) quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}");
            rest = rest[used..];
        }
        return quoted.Append('"').ToString();
    }

    static bool IsHarmless(Rune rune) => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse);
}
