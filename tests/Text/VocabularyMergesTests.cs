using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Text;
using Grafting.Tests.Support;

namespace Grafting.Tests.Text;

/// <summary>Tokenizers from vocab.json and merges.txt.</summary>
public class VocabularyMergesTests
{
    static readonly string[] _merges = ["Ġ t", "h e", "Ġt he", "i n", "Ã ©"];

    [TestCase("GPT2Tokenizer")]
    [TestCase("GPT2TokenizerFast")]
    [TestCase("Qwen2Tokenizer")]
    public void The_pair_gives_the_ids_of_the_one_file(string kind)
    {
        var json = TinyTokenizer.ByteLevel(_merges, ["<|endoftext|>"], TinyTokenizer.Qwen2Split);
        if (kind == "Qwen2Tokenizer") json["normalizer"] = TinyTokenizer.Parse("""{"type": "NFC"}""");
        else json["pre_tokenizer"] = TinyTokenizer.Parse("""{"type": "ByteLevel", "add_prefix_space": false}""");
        using var folder = new TempFolder();
        Write(folder, json, """{"tokenizer_class": "KIND", "added_tokens_decoder": {"261": {"content": "<|endoftext|>", "special": true}}}"""
            .Replace("KIND", kind, StringComparison.Ordinal));
        var (expected, actual) = (TinyTokenizer.Load(json), Tokenizer.Load(folder.Path));
        Assert.That(actual.EndId, Is.EqualTo(261));
        var random = new Random(72);
        for (var i = 0; i < 2_000; i++)
        {
            var text = RandomTexts.Next(random) + "<|endoftext|>";
            Assert.That(actual.Encode(text), Is.EqualTo(expected.Encode(text)), text);
            Assert.That(actual.Decode(actual.Encode(text)), Is.EqualTo(expected.Decode(expected.Encode(text))), text);
        }
    }

    [Test]
    public void Older_folders_list_their_added_tokens_in_a_file_of_their_own()
    {
        using var folder = new TempFolder();
        Write(folder, TinyTokenizer.ByteLevel(_merges), """{"tokenizer_class": "Qwen2Tokenizer", "additional_special_tokens": ["<|im_end|>"]}""");
        folder.Write("added_tokens.json", """{"<|im_end|>": 261, "<plain>": 262}""");
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.That(tokenizer.Encode("<plain><|im_end|>"), Is.EqualTo(new[] { 262, 261 }));
        Assert.That((tokenizer.IsSpecial(261), tokenizer.IsSpecial(262)), Is.EqualTo((true, false)));
    }

    [Test]
    public void The_end_token_that_stands_in_the_vocabulary_is_special()
    {
        using var folder = new TempFolder();
        var json = TinyTokenizer.ByteLevel(_merges);
        json["model"]!["vocab"]!["<|endoftext|>"] = 261;
        Write(folder, json, """{"tokenizer_class": "GPT2Tokenizer"}""");
        var tokenizer = Tokenizer.Load(folder["vocab.json"]);
        Assert.That((tokenizer.EndId, tokenizer.IsSpecial(261)), Is.EqualTo((261, true)));
        Assert.That(tokenizer.Encode("in<|endoftext|>"), Has.Length.EqualTo(2));
    }

    [TestCase("{}", "names no tokenizer_class; graft knows how GPT2Tokenizer and Qwen2Tokenizer split a text")]
    [TestCase("""{"tokenizer_class": "CLIPTokenizer"}""", "the tokenizer_class \"CLIPTokenizer\"")]
    public void A_class_that_is_not_known_is_named(string config, string complaint)
    {
        using var folder = new TempFolder();
        Write(folder, TinyTokenizer.ByteLevel(_merges), config);
        Assert.That(Complaint(folder), Does.Contain(complaint));
    }

    [TestCase("a b\nab", "line 2 is \"ab\"; a merge is two tokens with a space between them")]
    [TestCase("#version: 0.2\na zz", "line 2 merges \"a zz\"; both and the two together must be in vocab.json")]
    [TestCase("h e\n#version x", "line 2 merges")]
    public void A_malformed_merge_is_refused_with_its_line(string merges, string complaint)
    {
        using var folder = new TempFolder();
        Write(folder, TinyTokenizer.ByteLevel(_merges), """{"tokenizer_class": "GPT2Tokenizer"}""");
        folder.Write("merges.txt", merges.Replace("a b", "h e", StringComparison.Ordinal));
        Assert.That(Complaint(folder), Does.Contain(complaint));
    }

    [Test]
    public void A_vocabulary_without_its_merges_is_no_tokenizer()
    {
        using var folder = new TempFolder();
        folder.Write("vocab.json", "{}");
        Assert.That(Complaint(folder), Does.Contain("merges.txt does not exist"));
    }

    static void Write(TempFolder folder, JsonObject json, string config)
    {
        folder.Write("vocab.json", json["model"]!["vocab"]!.ToJsonString());
        folder.Write(
            "merges.txt",
            "#version: 0.2\n" + string.Join('\n', json["model"]!["merges"]!.AsArray().Select(merge => (string)merge!)) + "\n");
        folder.Write("tokenizer_config.json", config);
    }

    static string Complaint(TempFolder folder)
    {
        var fault = Assert.Throws<GraftException>(() => Tokenizer.Load(folder.Path))!;
        Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Input));
        return fault.Message;
    }
}
