using System.Globalization;
using System.Text;

namespace Grafting.Core.Text;

/// <summary>What <c>\w</c> means, which the two libraries behind the original do not agree on.</summary>
internal static class WordCharacters
{
    /// <summary>For Rust's regex, which looks for whole words (Unicode Technical Standard 18): with the two joiners.</summary>
    public static bool OfRegex(Rune rune) => IsCommon(rune) || rune.Value is 0x200C or 0x200D;

    /// <summary>For Oniguruma, which reads the expressions in files: with the small figures and fractions of Latin-1.</summary>
    public static bool OfOniguruma(Rune rune) => IsCommon(rune) || rune.Value is 0xB2 or 0xB3 or 0xB9 or (>= 0xBC and <= 0xBE);

    /// <summary>Letters, also those in circles and squares, marks, decimal digits, letter numbers and connectors.</summary>
    static bool IsCommon(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        <= UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
        UnicodeCategory.OtherSymbol => rune.Value is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149)
            or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
        _ => false,
    };
}
