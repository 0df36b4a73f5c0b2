using System.Text;
using Grafting.Core;
using Grafting.Core.Text;

namespace Grafting.Tests.Text;

public class SplitExpressionTests
{
    const string O200k =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>Two readings of one rule: the scanner written by hand, and the expression taken at its word.</summary>
    [TestCase(SplitScanner.Gpt2Pattern)]
    [TestCase(SplitScanner.Llama3Pattern)]
    [TestCase(SplitScanner.Qwen2Pattern)]
    public void The_scanners_cut_as_their_expressions_say(string pattern)
    {
        var (scanner, expression) = (SplitScanner.For(pattern)!, SplitExpression.Parse(pattern));
        var random = new Random(61);
        for (var i = 0; i < 20_000; i++)
        {
            var text = RandomTexts.Next(random);
            Assert.That(scanner.Cut(text), Is.EqualTo(expression.Cut(text)), text);
        }
    }

    // Pieces written down by following the rules by hand.
    [TestCase(O200k, "camelCase HTTPServer don't 12345 a/b\n", "camel|Case| HTTPServer| don't| |123|45|| a|/b|\n")]
    [TestCase(@"\p{N}", "a1²b", "a|1|²|b")]
    [TestCase(@"[^\w\s]+", "a, b!?", "a|,| b|!?")]
    [TestCase(@"(?i:k)", "K k \u212A", "K| |k| |\u212A")]
    [TestCase(@"a++b|a", "aab aa", "aab| |a|a")]
    [TestCase(@"x(?=y)|y", "xyx", "x|y|x")]
    [TestCase(@"[一-龥\u3040-ゟ]+", "a漢字ひx", "a|漢字ひ|x")]
    [TestCase(@"𝐀{2}", "𝐀𝐀𝐀", "𝐀𝐀|𝐀")]
    [TestCase(@"\p{^L}+", "ab12", "ab|12")]
    public void An_expression_matches_scalar_values(string pattern, string text, string pieces)
    {
        var expected = pieces.Split('|', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(SplitExpression.Parse(pattern).Cut(text).Select(cut => text[cut.Start..cut.End]), Is.EqualTo(expected));
    }

    [TestCase("(?<=a)b", "opens a group of a kind")]
    [TestCase("(a+)+", "repeats a group")]
    [TestCase("(?:a|b)*", "repeats a group")]
    [TestCase("a+?", "repeats in a way")]
    [TestCase("^a", "has an operator here")]
    [TestCase(@"\b", "escapes in a way")]
    [TestCase(@"\p{Han}", "names a property")]
    [TestCase("[a-z&&[aeiou]]", "combines classes")]
    [TestCase("[z-a]", "has an empty range")]
    [TestCase("(a", "does not close a group")]
    [TestCase("a)", "closes a group that is not open")]
    [TestCase("[a", "does not close a class")]
    [TestCase("a{3,1}", "counts in a way")]
    [TestCase(@"a\", "ends in a backslash")]
    public void What_is_not_known_is_named_with_its_place(string pattern, string complaint)
    {
        var fault = Assert.Throws<FormatException>(() => SplitExpression.Parse(pattern));
        Assert.That(fault!.Message, Does.Contain(complaint).And.Contains("at character"));
    }

    [Test]
    public void An_expression_that_would_take_hours_is_stopped()
    {
        var expression = SplitExpression.Parse("a*a*a*a*a*b");
        var fault = Assert.Throws<GraftException>(() => expression.Match(new string('a', 5_000), 0));
        Assert.That(fault!.Message, Does.Contain("a*a*a*a*a*b takes too long on a text of 5000 characters"));
    }

    [TestCase("Removed", false, "x|y|z")]
    [TestCase("Removed", true, " | | ")]
    [TestCase("Isolated", false, "x| |y| | |z")]
    [TestCase("MergedWithPrevious", false, "x |y | |z")]
    [TestCase("MergedWithNext", false, "x| y| | z")]
    [TestCase("Contiguous", false, "x| |y|  |z")]
    public void A_split_does_with_its_matches_what_it_is_told(string behaviour, bool invert, string pieces)
    {
        const string Text = "x y  z";
        var rule = new SplitRule(Enum.Parse<SplitBehaviour>(behaviour), invert);
        Assert.That(
            rule.Pieces(new TextPattern.Literal(" ").Cut(Text)).Select(piece => Text[piece.Start..piece.End]),
            Is.EqualTo(pieces.Split('|')));
    }

    [TestCase("ⓐ", true, true)]
    [TestCase("🆂", true, true)]
    [TestCase("Ⅷ", true, true)]
    [TestCase("\u0301", true, true)]
    [TestCase("²", false, true)]
    [TestCase("½", false, true)]
    [TestCase("\u200D", true, false)]
    [TestCase("⁰", false, false)]
    [TestCase("☺", false, false)]
    public void Two_libraries_have_their_own_words(string character, bool regex, bool oniguruma)
    {
        var rune = Rune.GetRuneAt(character, 0);
        Assert.That((WordCharacters.OfRegex(rune), WordCharacters.OfOniguruma(rune)), Is.EqualTo((regex, oniguruma)));
    }
}
