using Grafting.Core.Text;

namespace Grafting.Tests.Text;

/// <summary>Every token knows the stretch of the original text that it stands for, whatever was done to that text before.</summary>
public class TokenSpanTests
{
    [Test]
    public void The_parts_of_a_character_all_stand_for_it()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.ByteLevel());
        Assert.That(Spans(tokenizer, "a😀b"), Is.EqualTo(new[] { (0, 1), (1, 3), (1, 3), (1, 3), (1, 3), (3, 4) }));
    }

    [Test]
    public void What_was_put_in_stands_for_nothing()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.SentencePiece("▁ab", ["a b"]));
        Assert.Multiple(() =>
        {
            Assert.That(
                Spans(tokenizer, "ab a"), Is.EqualTo(new[] { (0, 0), (0, 0), (0, 2), (2, 3), (3, 4) }),
                "the begin token and the dummy space");
            Assert.That(tokenizer.EncodeWithSpans("ab a").Select(token => token.Id), Is.EqualTo(tokenizer.Encode("ab a")));
        });
    }

    [Test]
    public void Unknown_neighbours_stand_for_the_whole_run()
    {
        var json = TinyTokenizer.SentencePiece("▁a");
        json["model"]!["byte_fallback"] = false;
        Assert.That(Spans(TinyTokenizer.Load(json), "axya"), Is.EqualTo(new[] { (0, 0), (0, 0), (0, 1), (1, 3), (3, 4) }));
    }

    [Test]
    public void Composed_characters_stand_for_all_that_they_were_composed_of()
    {
        var json = TinyTokenizer.ByteLevel(["Ã ©"], split: TinyTokenizer.Qwen2Split);
        json["normalizer"] = TinyTokenizer.Parse("""{"type": "NFC"}""");
        Assert.That(Spans(TinyTokenizer.Load(json), "ae\u0301b"), Is.EqualTo(new[] { (0, 1), (1, 3), (3, 4) }));
    }

    [Test]
    public void Added_tokens_stand_for_the_white_space_that_they_swallow_too()
    {
        var json = TinyTokenizer.ByteLevel();
        var token = TinyTokenizer.Added(256, "<x>");
        (token["lstrip"], token["rstrip"]) = (true, true);
        json["added_tokens"]!.AsArray().Add((System.Text.Json.Nodes.JsonNode)token);
        Assert.That(Spans(TinyTokenizer.Load(json), "a <x>\n b"), Is.EqualTo(new[] { (0, 1), (1, 7), (7, 8) }));
    }

    /// <summary>
    /// Ids do not depend on whether spans are asked for, and the spans of a reversible tokenizer cover the text in order.
    /// </summary>
    [Test]
    public void Spans_cover_the_text_and_change_no_id([Values] bool sentencePiece)
    {
        var tokenizer = TinyTokenizer.Load(
            sentencePiece
                ? TinyTokenizer.SentencePiece("▁abcdefghijklmnopqrstuvwxyz", ["▁ t", "h e"])
                : TinyTokenizer.ByteLevel(["Ġ t", "h e", "Ġt he", "Ã ©", "ð Ł", "i n"]));
        var random = new Random(62);
        for (var i = 0; i < 2_000; i++)
        {
            var text = RandomTexts.Next(random);
            var tokens = tokenizer.EncodeWithSpans(text, addSpecialTokens: false);
            Assert.That(tokens.Select(token => token.Id), Is.EqualTo(tokenizer.Encode(text, addSpecialTokens: false)), text);
            var done = 0;
            foreach (var token in tokens)
            {
                Assert.That(token.Start <= done && token.End >= done, text);
                done = token.End;
            }
            Assert.That(done, Is.EqualTo(text.Length));
        }
    }

    static (int, int)[] Spans(Tokenizer tokenizer, string text) =>
        [.. tokenizer.EncodeWithSpans(text).Select(token => (token.Start, token.End))];
}
