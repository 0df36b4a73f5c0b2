using System.Text.Json.Nodes;
using Grafting.Core.Text;
using Grafting.Tests.Support;

namespace Grafting.Tests.Text;

/// <summary>Hand-made tokenizer files, small enough to follow by eye.</summary>
static class TinyTokenizer
{
    public const string Llama3Split =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string Qwen2Split =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>
    /// Ids 0-255 are the bytes (in the order of the alphabet below), then what the merges make, then the special tokens.
    /// </summary>
    public static JsonObject ByteLevel(string[]? merges = null, string[]? special = null, string split = Llama3Split)
    {
        var tokens = ByteAlphabet().Select(character => character.ToString()).ToList();
        tokens.AddRange((merges ?? []).Select(merge => merge.Replace(" ", "", StringComparison.Ordinal)));
        return new JsonObject
        {
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(
                    new JsonObject
                    {
                        ["type"] = "Split",
                        ["pattern"] = new JsonObject { ["Regex"] = split },
                        ["behavior"] = "Isolated",
                        ["invert"] = false,
                    },
                    new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = false }),
            },
            ["post_processor"] = null,
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["added_tokens"] = new JsonArray([.. (special ?? []).Select((token, i) => Added(tokens.Count + i, token))]),
            ["model"] = Model(tokens, merges ?? []),
        };
    }

    /// <summary>Like Llama 2: 0 unknown, 1 begin, 2 end, 3-258 bytes, then characters and what the merges make.</summary>
    public static JsonObject SentencePiece(string characters, string[]? merges = null)
    {
        List<string> tokens = ["<unk>", "<s>", "</s>"];
        tokens.AddRange(Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"));
        tokens.AddRange(characters.EnumerateRunes().Select(rune => rune.ToString()));
        tokens.AddRange((merges ?? []).Select(merge => merge.Replace(" ", "", StringComparison.Ordinal)));
        var model = Model(tokens, merges ?? []);
        model["unk_token"] = "<unk>";
        model["fuse_unk"] = true;
        model["byte_fallback"] = true;
        return new JsonObject
        {
            ["normalizer"] = Parse(
                """
                {"type": "Sequence", "normalizers": [
                  {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}
                """),
            ["pre_tokenizer"] = null,
            ["post_processor"] = Parse(
                """
                {"type": "TemplateProcessing",
                 "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                 "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}}
                """),
            ["decoder"] = Parse(
                """
                {"type": "Sequence", "decoders": [
                  {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
                  {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
                """),
            ["added_tokens"] = new JsonArray(Added(0, "<unk>"), Added(1, "<s>"), Added(2, "</s>")),
            ["model"] = model,
        };
    }

    public static JsonObject Added(int id, string content, bool special = true) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = special,
    };

    public static Tokenizer Load(JsonObject json, string? begin = null, string? end = null)
    {
        using var folder = new TempFolder();
        folder.Write("tokenizer.json", json.ToJsonString());
        folder.Write("tokenizer_config.json", new JsonObject { ["bos_token"] = begin, ["eos_token"] = end }.ToJsonString());
        return Tokenizer.Load(folder.Path);
    }

    public static JsonNode Parse(string json) => JsonNode.Parse(json)!;

    static JsonObject Model(List<string> tokens, string[] merges) => new()
    {
        ["type"] = "BPE",
        ["vocab"] = new JsonObject(tokens.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)JsonValue.Create(id)))),
        ["merges"] = new JsonArray([.. merges.Select(merge => (JsonNode)merge)]),
    };

    /// <summary>GPT-2's byte alphabet, written down a second time: the printable bytes, then the others from U+0100 on.</summary>
    static IEnumerable<char> ByteAlphabet()
    {
        foreach (var (first, last) in new[] { ('!', '~'), ('¡', '¬'), ('®', 'ÿ') })
            for (var character = first; character <= last; character++) yield return character;
        for (var i = 0; i < 68; i++) yield return (char)(256 + i);
    }
}
