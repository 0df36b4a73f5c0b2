using System.Text;
using Grafting.Core.Text;

namespace Grafting.Tests.Text;

public class TokenStreamTests
{
    const string Text = "a é漢😀 x\n👨‍👩‍👧\uFFFD.";

    [Test]
    public void No_part_holds_half_a_character([Values] bool sentencePiece)
    {
        var tokenizer = Tiny(sentencePiece);
        var stream = new TokenStream(tokenizer);
        List<string> parts = [.. tokenizer.Encode(Text).Select(stream.Push), stream.Flush()];
        Assert.Multiple(() =>
        {
            Assert.That(string.Concat(parts), Is.EqualTo(Text));
            Assert.That(parts, Has.None.Matches<string>(part => part.Length > 0 && char.IsLowSurrogate(part[0])));
            Assert.That(parts.Where(part => part.Contains('\uFFFD')), Has.Exactly(1).Items, "the one that is in the text");
            Assert.That(parts[^1], Is.Empty);
        });
    }

    [Test]
    public void An_unfinished_character_comes_out_at_the_end_as_a_replacement([Values] bool sentencePiece)
    {
        var tokenizer = Tiny(sentencePiece);
        var stream = new TokenStream(tokenizer);
        var ids = tokenizer.Encode("a漢")[..^1];
        var output = string.Concat(ids.Select(stream.Push));
        Assert.That(output, Is.EqualTo("a"));
        Assert.That(stream.Flush(), Does.Match("^\uFFFD+$"));
    }

    [Test]
    public void Bytes_that_are_no_text_do_not_pile_up()
    {
        var tokenizer = Tiny(sentencePiece: false);
        var continuation = tokenizer.Encode("é")[1];
        var stream = new TokenStream(tokenizer);
        var output = new StringBuilder();
        for (var i = 0; i < 1000; i++) output.Append(stream.Push(continuation));
        Assert.That(output.Length, Is.InRange(990, 1000));
    }

    /// <summary>Every text as single bytes, the hardest case: up to four tokens for one character.</summary>
    [Test]
    public void Random_texts_byte_by_byte_come_out_whole([Values] bool sentencePiece)
    {
        var tokenizer = Tiny(sentencePiece);
        var random = new Random(67);
        for (var i = 0; i < 300; i++)
        {
            var text = RandomTexts.Next(random).Replace('▁', '_');
            var stream = new TokenStream(tokenizer);
            var parts = tokenizer.Encode(text).Select(stream.Push).ToList();
            Assert.That(
                parts,
                Has.None.Matches<string>(part => part.Length > 0 && (char.IsLowSurrogate(part[0]) || char.IsHighSurrogate(part[^1]))),
                text);
            Assert.That(string.Concat(parts) + stream.Flush(), Is.EqualTo(text));
        }
    }

    [Test]
    public void Bytes_that_are_no_text_between_others_come_out_as_replacements([Values] bool sentencePiece)
    {
        var tokenizer = Tiny(sentencePiece);
        var euro = tokenizer.EncodeSegment("€", continuation: true);
        int[] ids =
        [
            .. tokenizer.EncodeSegment("a", continuation: true), .. euro[..2], .. tokenizer.EncodeSegment("x", continuation: true), .. euro,
        ];
        var stream = new TokenStream(tokenizer);
        var output = string.Concat(ids.Select(stream.Push)) + stream.Flush();
        Assert.That(output, Does.Match("^a\uFFFD{1,2}x€$"));
    }

    [Test]
    public void Special_tokens_are_left_out_unless_wanted()
    {
        var tokenizer = Tiny(sentencePiece: true);
        Assert.That(new TokenStream(tokenizer).Push(1), Is.Empty);
        Assert.That(new TokenStream(tokenizer, skipSpecialTokens: false).Push(1), Is.EqualTo("<s>"));
    }

    static Tokenizer Tiny(bool sentencePiece) =>
        TinyTokenizer.Load(sentencePiece ? TinyTokenizer.SentencePiece("▁ax") : TinyTokenizer.ByteLevel(["ð Ł"]));
}
