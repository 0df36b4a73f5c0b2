using System.Text;

namespace Grafting.Core.Text;

/// <summary>
/// A regular expression as tokenizers use them, matched over Unicode scalar values: the first alternative that fits, with backtracking.
/// It knows literals, classes, general categories, <c>\s \d \w</c>, alternatives, groups (also optional, or without regard to case),
/// looking ahead, and repeated classes. What could be exponential (a repeated group) and what it does not know is refused when it is read.
/// </summary>
internal sealed class SplitExpression : TextPattern
{
    /// <summary>Far above what a splitting rule in use needs for a text; a hostile one ends here and not after hours.</summary>
    const long StepsAtLeast = 1_000_000, StepsPerCharacter = 200;

    readonly string expression;
    readonly Step? first;

    SplitExpression(string expression, Step? first) => (this.expression, this.first) = (expression, first);

    /// <exception cref="FormatException">The expression holds something that is not known; the message says what and where.</exception>
    public static SplitExpression Parse(string expression) => new(expression, new SplitExpressionParser(expression).Parse());

    public override int Match(ReadOnlySpan<char> text, int at)
    {
        var budget = StepsAtLeast + StepsPerCharacter * (text.Length - at);
        var end = Step.Go(first, text, at, ref budget);
        if (budget < 0)
        {
            throw Fault.Input(
                $"the expression {expression} takes too long on a text of {text.Length} characters.", "Use another tokenizer.");
        }
        return end < 0 ? at : end;
    }

    /// <summary>Something to be matched, followed by <see cref="Next"/>.</summary>
    internal abstract class Step(Step? next)
    {
        protected Step? Next { get; } = next;

        /// <summary>End of the match, or −1.</summary>
        protected abstract int Match(ReadOnlySpan<char> text, int at, ref long budget);

        public static int Go(Step? step, ReadOnlySpan<char> text, int at, ref long budget) =>
            --budget < 0 ? -1 : step is null ? at : step.Match(text, at, ref budget);
    }

    /// <summary>A class, as often as it fits and then ever less often until the rest fits as well.</summary>
    internal sealed class Repeat(CharacterClass set, int least, int most, bool possessive, Step? next) : Step(next)
    {
        protected override int Match(ReadOnlySpan<char> text, int at, ref long budget)
        {
            var count = 0;
            var end = at;
            while (count < most && end < text.Length && set.Contains(text, end, out var length))
            {
                end += length;
                count++;
            }
            for (; count >= least; count--)
            {
                var whole = Go(Next, text, end, ref budget);
                if (whole >= 0 || possessive || count == 0) return whole;
                end -= end - at >= 2 && char.IsLowSurrogate(text[end - 1]) && char.IsHighSurrogate(text[end - 2]) ? 2 : 1;
            }
            return -1;
        }
    }

    /// <summary>The first of several ways; each goes on with what follows the whole.</summary>
    internal sealed class Choice(Step?[] ways) : Step(null)
    {
        protected override int Match(ReadOnlySpan<char> text, int at, ref long budget)
        {
            foreach (var way in ways)
            {
                var end = Go(way, text, at, ref budget);
                if (end >= 0) return end;
            }
            return -1;
        }
    }

    internal sealed class LookAhead(Step? wanted, bool negative, Step? next) : Step(next)
    {
        protected override int Match(ReadOnlySpan<char> text, int at, ref long budget) =>
            Go(wanted, text, at, ref budget) >= 0 != negative ? Go(Next, text, at, ref budget) : -1;
    }
}

/// <summary>A set of characters.</summary>
/// <param name="contains">Whether a character belongs to it.</param>
internal sealed class CharacterClass(Func<Rune, bool> contains)
{
    readonly bool[] ascii = [.. Enumerable.Range(0, 128).Select(value => contains(new Rune(value)))];

    public bool Contains(ReadOnlySpan<char> text, int at, out int length)
    {
        if (text[at] < 128)
        {
            length = 1;
            return ascii[text[at]];
        }
        Rune.DecodeFromUtf16(text[at..], out var rune, out length);
        return contains(rune);
    }
}
