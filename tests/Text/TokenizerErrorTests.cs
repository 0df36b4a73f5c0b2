using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Text;
using Grafting.Tests.Support;

namespace Grafting.Tests.Text;

/// <summary>A tokenizer that cannot be read exactly is refused, naming the file, the place in it and what stands there.</summary>
public class TokenizerErrorTests
{
    [Test]
    public void A_missing_file_is_named()
    {
        using var folder = new TempFolder();
        AssertRefused(() => Tokenizer.Load(folder.Path), folder["tokenizer.json"]);
    }

    [Test]
    public void A_file_that_is_not_json_is_refused_with_the_line()
    {
        using var folder = new TempFolder();
        folder.Write("tokenizer.json", "{\n  \"model\": \n}");
        AssertRefused(() => Tokenizer.Load(folder.Path), "tokenizer.json is not JSON: line 3");
    }

    [Test]
    public void An_unknown_split_pattern_is_printed() => AssertRefused(
        json => json["pre_tokenizer"]!["pretokenizers"]![0]!["pattern"]!["Regex"] = @"(?<=\d)\D+",
        "$.pre_tokenizer.pretokenizers[0].pattern is a pattern (it opens a group of a kind that is not supported, at character 2) that "
            + "graft does not know", @"\\D\u002B");

    [TestCase("normalizer", """{"type": "BertNormalizer"}""", "$.normalizer is a normalizer", "BertNormalizer")]
    [TestCase("normalizer", """{"type": "Replace", "pattern": {"Regex": "(a)\\1"}, "content": ""}""", "$.normalizer.pattern is a pattern", "escapes")]
    [TestCase("normalizer", """{"type": "Precompiled", "precompiled_charsmap": "AAAA"}""", "$.normalizer.precompiled_charsmap is not the base64", "")]
    [TestCase("pre_tokenizer", """{"type": "UnicodeScripts"}""", "$.pre_tokenizer is a pre-tokenizer", "UnicodeScripts")]
    [TestCase("pre_tokenizer", """{"type": "Split", "pattern": {"String": "a"}, "behavior": "3"}""", "$.pre_tokenizer.behavior is a behaviour of a split", "3")]
    [TestCase("decoder", """{"type": "WordPiece"}""", "$.decoder is a decoder", "WordPiece")]
    [TestCase("post_processor", """{"type": "Other"}""", "$.post_processor is a post-processor", "Other")]
    [TestCase("post_processor", """{"type": "RobertaProcessing", "cls": ["a"]}""", "$.post_processor.cls must be a token and its id", "")]
    [TestCase("model", """{"type": "WordPiece", "vocab": {}}""", "$.model.type is a tokenizer model", "WordPiece")]
    [TestCase("decoder", """{"type": "Sequence", "decoders": [{"type": "Fuse"}, {"type": "CTC"}]}""", "$.decoder.decoders[1]", "CTC")]
    public void An_unknown_part_is_printed_with_its_place(string member, string part, string place, string content) =>
        AssertRefused(json => json[member] = TinyTokenizer.Parse(part), place, content);

    [Test]
    public void A_merge_of_tokens_outside_the_vocabulary_is_refused() =>
        AssertRefused(json => json["model"]!["merges"] = new JsonArray("a zz"), "$.model.merges [0] merges \"a\" and \"zz\"");

    [TestCase("\"a b c\"")]
    [TestCase("\"ab\"")]
    [TestCase("[\"a\"]")]
    [TestCase("7")]
    public void A_malformed_merge_is_printed(string merge) =>
        AssertRefused(json => json["model"]!["merges"] = new JsonArray(TinyTokenizer.Parse(merge)), "$.model.merges [0] is " + merge);

    [TestCase("-1")]
    [TestCase("2147483647")]
    [TestCase("\"5\"")]
    [TestCase("1.5")]
    public void An_impossible_id_is_refused(string id) =>
        AssertRefused(
            json => json["model"]!["vocab"]!["new"] = TinyTokenizer.Parse(id), "$.model.vocab gives the token \"new\" the id " + id);

    [Test]
    public void An_id_of_two_tokens_is_refused() =>
        AssertRefused(json => json["model"]!["vocab"]!["new"] = 5, "$.model.vocab gives the id 5 to two tokens");

    [Test]
    public void An_added_token_on_the_id_of_another_is_refused() =>
        AssertRefused(
            json => json["added_tokens"]!.AsArray().Add((JsonNode)TinyTokenizer.Added(0, "<x>")), "$.added_tokens[0] gives the id 0");

    [Test]
    public void An_added_token_with_another_id_than_in_the_vocabulary_is_refused() =>
        AssertRefused(
            json => json["added_tokens"]!.AsArray().Add((JsonNode)TinyTokenizer.Added(999, "!")), "but the vocabulary gives it 0");

    [Test]
    public void A_token_added_twice_is_refused() => AssertRefused(
        json => json["added_tokens"] = new JsonArray(TinyTokenizer.Added(900, "<x>"), TinyTokenizer.Added(901, "<x>")),
        "$.added_tokens[1] adds the token \"<x>\" a second time");

    [Test]
    public void A_missing_member_is_named() =>
        AssertRefused(json => json["model"]!.AsObject().Remove("merges"), "$.model has no \"merges\".");

    [TestCase("vocab", """{"a\ud800": 0}""")]
    [TestCase("merges", """["a \udc00"]""")]
    public void Half_of_a_surrogate_pair_is_refused(string member, string value)
    {
        using var folder = new TempFolder();
        var (vocabulary, merges) = member == "vocab" ? (value, "[]") : ("""{"a": 0}""", value);
        folder.Write("tokenizer.json", $$"""{"model": {"type": "BPE", "vocab": {{vocabulary}}, "merges": {{merges}} } }""");
        AssertRefused(() => Tokenizer.Load(folder.Path), $"$.model.{member} holds half of a surrogate pair");
    }

    static void AssertRefused(Action<JsonObject> damage, params string[] parts)
    {
        var json = TinyTokenizer.ByteLevel();
        damage(json);
        AssertRefused(() => TinyTokenizer.Load(json), parts);
    }

    static void AssertRefused(TestDelegate load, params string[] parts)
    {
        var fault = Assert.Throws<GraftException>(load);
        Assert.That(fault!.Kind, Is.EqualTo(ErrorKind.Input));
        foreach (var part in parts) Assert.That(fault.Message, Does.Contain(part));
    }
}
