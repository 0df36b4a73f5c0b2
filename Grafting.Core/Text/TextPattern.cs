using System.Text;

namespace Grafting.Core.Text;

/// <summary>Something to look for in a text.</summary>
internal abstract class TextPattern
{
    /// <summary>End of the match that begins at a place, or the place itself where there is none.</summary>
    public abstract int Match(ReadOnlySpan<char> text, int at);

    /// <summary>Reads <c>{"String": …}</c> or <c>{"Regex": …}</c>.</summary>
    public static TextPattern Read(JsonAt json)
    {
        if (json.Find("String") is { } literal && literal.Text() is { Length: > 0 } wanted) return new Literal(wanted);
        if (json.Find("Regex")?.Text() is not { Length: > 0 } expression) throw json.Unknown("pattern");
        try
        {
            return Of(expression);
        }
        catch (FormatException problem)
        {
            throw json.Unknown($"pattern ({problem.Message})");
        }
    }

    /// <summary>The scanner that is written for an expression, or else the expression itself.</summary>
    /// <exception cref="FormatException">As of <see cref="SplitExpression.Parse"/>.</exception>
    public static TextPattern Of(string expression) => (TextPattern?)SplitScanner.For(expression) ?? SplitExpression.Parse(expression);

    /// <summary>The text cut into matches and what lies between them, in order and without a gap.</summary>
    public IEnumerable<(int Start, int End, bool IsMatch)> Cut(string text)
    {
        var done = 0;
        for (var at = 0; at < text.Length;)
        {
            var end = Match(text, at);
            if (end <= at)
            {
                at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;
                continue;
            }
            if (at > done) yield return (done, at, false);
            yield return (at, end, true);
            done = at = end;
        }
        if (done < text.Length) yield return (done, text.Length, false);
    }

    internal sealed class Literal(string wanted) : TextPattern
    {
        public string Wanted => wanted;

        public override int Match(ReadOnlySpan<char> text, int at) =>
            text[at..].StartsWith(wanted, StringComparison.Ordinal) ? at + wanted.Length : at;
    }

    /// <summary>A run of word characters, or of others that are no white space.</summary>
    internal sealed class Words : TextPattern
    {
        public override int Match(ReadOnlySpan<char> text, int at)
        {
            bool? inWord = null;
            for (int length; at < text.Length; at += length)
            {
                Rune.DecodeFromUtf16(text[at..], out var rune, out length);
                var isWord = WordCharacters.OfRegex(rune);
                if ((inWord ??= isWord) != isWord || (!isWord && Rune.IsWhiteSpace(rune))) break;
            }
            return at;
        }
    }
}
