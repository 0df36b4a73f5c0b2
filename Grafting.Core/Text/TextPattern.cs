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
        if (SplitScanner.For(expression) is { } scanner) return scanner;
        try
        {
            return SplitExpression.Parse(expression);
        }
        catch (FormatException problem)
        {
            throw json.Unknown($"pattern ({problem.Message})");
        }
    }

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
}
