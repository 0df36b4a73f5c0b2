using System.Diagnostics;
using System.Text.Json.Nodes;
using Grafting.Core.Text;
using Grafting.Tests.Support;

namespace Grafting.Tests.Text;

public class TokenizerTests
{
    [Test]
    public void The_lowest_rank_merges_first_and_the_leftmost_of_equals()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.ByteLevel(["b c", "a b", "ab c", "a a"]));
        Assert.Multiple(() =>
        {
            Assert.That(Spelled(tokenizer, "abc"), Is.EqualTo(new[] { "a", "bc" }));
            Assert.That(Spelled(tokenizer, "aaa"), Is.EqualTo(new[] { "aa", "a" }));
            Assert.That(Spelled(tokenizer, "ab"), Is.EqualTo(new[] { "ab" }));
        });
    }

    [Test]
    public void A_whole_token_is_taken_as_it_is_only_where_the_file_says_to_ignore_merges()
    {
        var json = TinyTokenizer.ByteLevel(["a b", "c d"]);
        json["model"]!["vocab"]!["abcd"] = 300;
        Assert.That(Spelled(TinyTokenizer.Load(json), "abcd"), Is.EqualTo(new[] { "ab", "cd" }));
        json["model"]!["ignore_merges"] = true;
        Assert.That(Spelled(TinyTokenizer.Load(json), "abcd"), Is.EqualTo(new[] { "abcd" }));
    }

    [Test]
    public void Merges_may_be_written_as_pairs()
    {
        var json = TinyTokenizer.ByteLevel(["a b", "ab c"]);
        json["model"]!["merges"] = TinyTokenizer.Parse("""[["a", "b"], ["ab", "c"]]""");
        Assert.That(Spelled(TinyTokenizer.Load(json), "abc"), Is.EqualTo(new[] { "abc" }));
    }

    [Test]
    public void Ten_thousand_random_texts_come_back_unchanged([Values("llama3", "qwen2", "gpt2")] string family)
    {
        var json = TinyTokenizer.ByteLevel(
            ["Ġ t", "h e", "Ġt he", "Ã ©", "ð Ł", "i n"], ["<|eot_id|>"],
            family == "qwen2" ? TinyTokenizer.Qwen2Split : TinyTokenizer.Llama3Split);
        if (family == "gpt2") json["pre_tokenizer"] = TinyTokenizer.Parse("""{"type": "ByteLevel", "add_prefix_space": false}""");
        var tokenizer = TinyTokenizer.Load(json);
        var random = new Random(20260701);
        for (var i = 0; i < 10_000; i++)
        {
            var text = RandomTexts.Next(random);
            Assert.That(tokenizer.Decode(tokenizer.Encode(text)), Is.EqualTo(text));
        }
    }

    [Test]
    public void Sentence_pieces_come_back_unchanged_with_their_leading_spaces()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.SentencePiece("▁abcdefghijklmnopqrstuvwxyz", ["▁ t", "h e"]));
        var random = new Random(7);
        for (var i = 0; i < 2_000; i++)
        {
            // A visible space cannot be told from a space afterwards.
            var text = RandomTexts.Next(random).Replace('▁', '_');
            Assert.That(tokenizer.Decode(tokenizer.Encode(text, addSpecialTokens: false)), Is.EqualTo(text));
        }
    }

    /// <summary>Words and long pieces are merged by two ways that must agree: beside each other, separated by what never merges.</summary>
    [Test]
    public void A_word_is_merged_alike_alone_and_in_a_long_piece()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.SentencePiece("abc-", ["b c", "a b", "ab c", "a a", "aa aa", "c c", "bc a"]));
        var random = new Random(69);
        for (var i = 0; i < 200; i++)
        {
            var words = Enumerable.Range(0, 12).Select(
                _ => string.Concat(Enumerable.Range(0, random.Next(1, 20)).Select(_ => (char)('a' + random.Next(3))))).ToArray();
            var apart = words.SelectMany(word => tokenizer.EncodeSegment("-" + word, continuation: true));
            Assert.That(tokenizer.EncodeSegment("-" + string.Join('-', words), continuation: true), Is.EqualTo(apart));
        }
    }

    [Test]
    public void A_megabyte_without_a_space_is_no_trap()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.SentencePiece("▁ab", ["a a", "aa aa", "aaaa aaaa", "a b"]));
        var text = new string('a', 1 << 20);
        var clock = Stopwatch.StartNew();
        var ids = tokenizer.Encode(text);
        Assert.That(ids, Has.Length.EqualTo((1 << 17) + 2));
        // A second or two on a free machine; trying all pairs again after each merge would take hours.
        Assert.That(clock.Elapsed.TotalSeconds, Is.LessThan(60));
    }

    [Test]
    public void Runs_of_unknown_characters_fuse_into_one()
    {
        var json = TinyTokenizer.SentencePiece("▁a");
        json["model"]!["byte_fallback"] = false;
        Assert.That(TinyTokenizer.Load(json).Encode("xya", false), Is.EqualTo(new[] { 259, 0, 260 }));
        json["model"]!["fuse_unk"] = false;
        Assert.That(TinyTokenizer.Load(json).Encode("xya", false), Is.EqualTo(new[] { 259, 0, 0, 260 }));
    }

    [Test]
    public void A_character_outside_the_vocabulary_becomes_its_bytes() =>
        Assert.That(TinyTokenizer.Load(TinyTokenizer.SentencePiece("▁a")).Encode("é"), Is.EqualTo(new[] { 1, 259, 3 + 0xC3, 3 + 0xA9 }));

    [Test]
    public void A_character_that_nothing_covers_is_an_error_that_names_it()
    {
        var json = TinyTokenizer.SentencePiece("▁a");
        json["model"]!["byte_fallback"] = false;
        json["model"]!["unk_token"] = null;
        var fault = Assert.Throws<Core.GraftException>(() => TinyTokenizer.Load(json).Encode("aé"));
        Assert.That(fault!.Message, Does.Contain("'é' (U+00E9)"));
    }

    [Test]
    public void Added_tokens_swallow_the_white_space_that_they_ask_for()
    {
        var json = TinyTokenizer.ByteLevel();
        var token = TinyTokenizer.Added(256, "<x>");
        (token["lstrip"], token["rstrip"]) = (true, true);
        json["added_tokens"]!.AsArray().Add((JsonNode)token);
        var tokenizer = TinyTokenizer.Load(json);
        Assert.That(Spelled(tokenizer, "a \n<x>\t b"), Is.EqualTo(new[] { "a", "<x>", "b" }));
    }

    [Test]
    public void A_single_word_token_is_not_found_inside_a_word()
    {
        var json = TinyTokenizer.ByteLevel();
        var token = TinyTokenizer.Added(256, "cat", special: false);
        token["single_word"] = true;
        json["added_tokens"]!.AsArray().Add((JsonNode)token);
        var tokenizer = TinyTokenizer.Load(json);
        Assert.Multiple(() =>
        {
            Assert.That(Spelled(tokenizer, "(cat)"), Is.EqualTo(new[] { "(", "cat", ")" }));
            Assert.That(Spelled(tokenizer, "cats"), Is.EqualTo(new[] { "c", "a", "t", "s" }));
            Assert.That(Spelled(tokenizer, "écat"), Does.Not.Contain("cat"));
        });
    }

    [Test]
    public void The_longest_of_overlapping_added_tokens_wins()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.ByteLevel(special: ["<a>", "<a><b>", "<b>"]));
        Assert.That(Spelled(tokenizer, "<a><b><b>"), Is.EqualTo(new[] { "<a><b>", "<b>" }));
    }

    [Test]
    public void A_segment_never_becomes_a_special_token()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.ByteLevel(special: ["<|eot_id|>"]));
        var ids = tokenizer.EncodeSegment("a<|eot_id|>b", continuation: false);
        Assert.Multiple(() =>
        {
            Assert.That(ids.Any(tokenizer.IsSpecial), Is.False);
            Assert.That(tokenizer.Decode(ids), Is.EqualTo("a<|eot_id|>b"));
        });
    }

    [Test]
    public void A_segment_that_is_the_name_of_a_special_token_as_a_whole_stays_text()
    {
        var json = TinyTokenizer.ByteLevel();
        json["model"]!["vocab"]!["end"] = 256;
        json["model"]!["ignore_merges"] = true;
        json["added_tokens"]!.AsArray().Add((JsonNode)TinyTokenizer.Added(256, "end"));
        var tokenizer = TinyTokenizer.Load(json);
        Assert.That(tokenizer.Encode("end"), Is.EqualTo(new[] { 256 }));
        Assert.That(tokenizer.EncodeSegment("end", continuation: false), Has.None.EqualTo(256));
    }

    [Test]
    public void A_continuation_gets_no_dummy_space()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.SentencePiece("▁ab"));
        Assert.Multiple(() =>
        {
            Assert.That(tokenizer.EncodeSegment("ab", continuation: false), Is.EqualTo(new[] { 259, 260, 261 }));
            Assert.That(tokenizer.EncodeSegment("ab", continuation: true), Is.EqualTo(new[] { 260, 261 }));
        });
    }

    [TestCase("first", "a</s>a", new[] { "▁a", "</s>", "a" })]
    [TestCase("always", "a</s>a", new[] { "▁a", "</s>", "▁a" })]
    [TestCase("never", "a</s>a", new[] { "a", "</s>", "a" })]
    public void Metaspace_puts_its_dummy_space_where_the_scheme_says(string scheme, string text, string[] expected)
    {
        var json = TinyTokenizer.SentencePiece("▁a", ["▁ a"]);
        json["normalizer"] = null;
        json["pre_tokenizer"] = new JsonObject
        {
            ["type"] = "Metaspace",
            ["replacement"] = "▁",
            ["prepend_scheme"] = scheme,
            ["split"] = true,
        };
        json["decoder"] = json["pre_tokenizer"]!.DeepClone();
        var tokenizer = TinyTokenizer.Load(json);
        Assert.That(Spelled(tokenizer, text), Is.EqualTo(expected));
        Assert.That(tokenizer.Decode(tokenizer.EncodeSegment("a a", false)), Is.EqualTo("a a"));
    }

    // Canonical order, composition across a mark, a character that never recomposes, Hangul.
    [TestCase("e\u0301", "é")]
    [TestCase("q\u0307\u0323", "q\u0323\u0307")]
    [TestCase("a\u0323\u0302", "ậ")]
    [TestCase("\u212B", "Å")]
    [TestCase("\u0958", "\u0915\u093C")]
    [TestCase("\u1100\u1161\u11A8", "각")]
    [TestCase("plain", "plain")]
    public void Form_c_is_applied_where_the_file_says_so(string text, string composed)
    {
        var json = TinyTokenizer.ByteLevel(split: TinyTokenizer.Qwen2Split);
        json["normalizer"] = TinyTokenizer.Parse("""{"type": "NFC"}""");
        var tokenizer = TinyTokenizer.Load(json);
        Assert.That(tokenizer.Decode(tokenizer.Encode(text)), Is.EqualTo(composed));
    }

    [TestCase("BertProcessing")]
    [TestCase("RobertaProcessing")]
    public void A_pair_of_tokens_may_be_put_around_a_text(string type)
    {
        var json = TinyTokenizer.SentencePiece("▁a");
        json["post_processor"] = new JsonObject { ["type"] = type, ["cls"] = new JsonArray("<s>", 1), ["sep"] = new JsonArray("</s>", 2) };
        Assert.That(TinyTokenizer.Load(json).Encode("a"), Is.EqualTo(new[] { 1, 259, 260, 2 }));
    }

    [Test]
    public void Begin_and_end_are_read_in_both_spellings()
    {
        using var folder = new TempFolder();
        folder.Write("tokenizer.json", TinyTokenizer.SentencePiece("▁a").ToJsonString());
        folder.Write("tokenizer_config.json", """{"bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false}}""");
        var tokenizer = Tokenizer.Load(folder["tokenizer.json"]);
        Assert.That((tokenizer.BeginId, tokenizer.EndId), Is.EqualTo((1, 2)));
    }

    [Test]
    public void Special_tokens_can_be_left_out_of_the_text()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.SentencePiece("▁a"));
        Assert.That(tokenizer.Decode([1, 259, 260, 2], skipSpecialTokens: true), Is.EqualTo("a"));
        Assert.That(tokenizer.Decode([1, 259, 260, 2]), Is.EqualTo("<s> a</s>"));
    }

    static string[] Spelled(Tokenizer tokenizer, string text) =>
        [.. tokenizer.Encode(text, addSpecialTokens: false).Select(id => tokenizer.TokenOf(id)!)];
}
