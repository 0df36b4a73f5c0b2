using System.Globalization;
using System.Text;

namespace Grafting.Core.Text;

/// <summary>
/// Cuts a text into the pieces that a tokenizer's regular expression matches, scanning Unicode scalar values. .NET's own Regex sees
/// UTF-16 halves and tokenises rare Han, mathematical letters and old scripts wrongly; hence a hand-written scanner for each of the
/// expressions most in use, chosen by its exact text. <see cref="SplitExpression"/> reads the others.
/// </summary>
/// <remarks>
/// White space is Unicode's White_Space, as in the Rust original (JavaScript counts U+FEFF and not U+0085). In the case-insensitive
/// contractions the long s (U+017F) counts as an s.
/// </remarks>
internal abstract class SplitScanner : TextPattern
{
    public const string Llama3Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string Qwen2Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    public static SplitScanner Gpt2 { get; } = new Gpt2Scanner();

    /// <summary>The scanner for an expression, or null for one that is not known.</summary>
    public static SplitScanner? For(string pattern) => pattern switch
    {
        Gpt2Pattern => Gpt2,
        Llama3Pattern => new Llama3Scanner(longestNumber: 3),
        Qwen2Pattern => new Llama3Scanner(longestNumber: 1),
        _ => null,
    };

    /// <summary>End of the piece that begins at <paramref name="start"/>; every text is covered without a gap.</summary>
    public abstract int Next(ReadOnlySpan<char> text, int start);

    public sealed override int Match(ReadOnlySpan<char> text, int at) => Next(text, at);

    private protected enum Kind : byte { End, Letter, Number, Space, Other }

    static readonly Kind[] ascii = [.. Enumerable.Range(0, 128).Select(value => KindOf(new Rune(value)))];

    private protected static Kind At(ReadOnlySpan<char> text, int at, out int length)
    {
        if (at >= text.Length)
        {
            length = 0;
            return Kind.End;
        }
        if (text[at] < 128)
        {
            length = 1;
            return ascii[text[at]];
        }
        Rune.DecodeFromUtf16(text[at..], out var rune, out length);
        return KindOf(rune);
    }

    static Kind KindOf(Rune rune)
    {
        if (Rune.IsWhiteSpace(rune)) return Kind.Space;
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Kind.Other,
        };
    }

    /// <summary>End of the run of one kind that begins at <paramref name="at"/>, of at most <paramref name="most"/> characters.</summary>
    private protected static int Run(ReadOnlySpan<char> text, int at, Kind kind, int most = int.MaxValue)
    {
        for (var count = 0; count < most && At(text, at, out var length) == kind; count++) at += length;
        return at;
    }

    /// <summary>End of <c>'s|'t|'re|'ve|'m|'ll|'d</c>, or <paramref name="at"/> where there is none.</summary>
    private protected static int Contraction(ReadOnlySpan<char> text, int at, bool anyCase)
    {
        if (text[at] != '\'') return at;
        var first = Letter(text, at + 1, anyCase);
        if (first is 's' or 't' or 'm' or 'd') return at + 2;
        return (first, Letter(text, at + 2, anyCase)) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? at + 3 : at;
    }

    static char Letter(ReadOnlySpan<char> text, int at, bool anyCase)
    {
        if (at >= text.Length) return '\0';
        var letter = text[at];
        if (!anyCase) return letter;
        return letter == '\u017F' ? 's' : char.IsAsciiLetterUpper(letter) ? (char)(letter | 0x20) : letter;
    }

    /// <summary>
    /// <c>\s+(?!\S)|\s+</c>: white space up to the end of the text, or leaving its last character to the word that follows.
    /// </summary>
    private protected static int Blank(ReadOnlySpan<char> text, int start)
    {
        var end = Run(text, start, Kind.Space);
        // All white space lies in the basic plane: one char each.
        return end == text.Length || end == start + 1 ? end : end - 1;
    }

    sealed class Gpt2Scanner : SplitScanner
    {
        public override int Next(ReadOnlySpan<char> text, int start)
        {
            var end = Contraction(text, start, anyCase: false);
            if (end > start) return end;
            var body = text[start] == ' ' ? start + 1 : start;
            var kind = At(text, body, out _);
            return kind is Kind.Letter or Kind.Number or Kind.Other ? Run(text, body, kind) : Blank(text, start);
        }
    }

    sealed class Llama3Scanner(int longestNumber) : SplitScanner
    {
        public override int Next(ReadOnlySpan<char> text, int start)
        {
            var end = Contraction(text, start, anyCase: true);
            if (end > start) return end;

            var kind = At(text, start, out var length);
            if (kind == Kind.Letter) return Run(text, start, Kind.Letter);
            if (kind == Kind.Number) return Run(text, start, Kind.Number, longestNumber);
            if (text[start] is not ('\r' or '\n') && At(text, start + length, out _) == Kind.Letter)
                return Run(text, start + length, Kind.Letter);

            var body = text[start] == ' ' ? start + 1 : start;
            if (At(text, body, out _) == Kind.Other)
            {
                end = Run(text, body, Kind.Other);
                while (end < text.Length && text[end] is '\r' or '\n') end++;
                return end;
            }
            end = Run(text, start, Kind.Space);
            var lastBreak = text[start..end].LastIndexOfAny('\r', '\n');
            return lastBreak >= 0 ? start + lastBreak + 1 : Blank(text, start);
        }
    }
}
