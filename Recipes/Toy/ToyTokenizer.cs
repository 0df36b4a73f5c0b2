using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Core.Text;

namespace Grafting.Recipes.Toy;

/// <summary>
/// The vocabulary of the built-in target, in Llama 3's form: byte-level BPE with Llama 3's split pattern and special tokens. Every word of
/// the scenes' language is one token, found whole (<c>ignore_merges</c>); anything else is spelled in bytes, since there are no merges.
/// </summary>
public static class ToyTokenizer
{
    const string SplitPattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    const string Begin = "<|begin_of_text|>";
    const string EndOfTurn = "<|eot_id|>";

    static readonly string[] Special =
    [
        Begin, "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", EndOfTurn,
        "<|reserved_special_token_0|>", "<|reserved_special_token_1|>", "<|reserved_special_token_2|>",
    ];

    // Words that begin a text, and words that follow a space. Those of SceneWords do both: an answer is often one word.
    static readonly string[] First =
        ["user", "assistant", "system", "A", "Are", "How", "Is", "What", "yes", "no"];

    static readonly string[] Later = ["a", "are", "colour", "is", "many", "more", "shape", "than", "the", "there", "thing", "things"];

    static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Number of tokens, special ones included.</summary>
    public static int VocabularySize => 256 + Words().Count + Special.Length;

    /// <summary>Writes <c>tokenizer.json</c> and <c>tokenizer_config.json</c>.</summary>
    public static void Write(string folder)
    {
        AtomicFile.WriteText(Path.Combine(folder, "tokenizer.json"), Tokenizer().ToJsonString(Readable) + "\n");
        AtomicFile.WriteText(Path.Combine(folder, "tokenizer_config.json"), Config().ToJsonString(Readable) + "\n");
    }

    static JsonObject Tokenizer()
    {
        var vocabulary = new JsonObject();
        for (var value = 0; value < 256; value++) vocabulary.Add(ByteAlphabet.Of((byte)value).ToString(), value);
        foreach (var word in Words()) vocabulary.Add(ByteAlphabet.Spell(word), vocabulary.Count);
        var firstSpecial = vocabulary.Count;
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. Special.Select((text, i) => AddedToken(firstSpecial + i, text))]),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(
                    new JsonObject
                    {
                        ["type"] = "Split",
                        ["pattern"] = new JsonObject { ["Regex"] = SplitPattern },
                        ["behavior"] = "Isolated",
                        ["invert"] = false,
                    },
                    ByteLevel(addPrefixSpace: false, useRegex: false)),
            },
            ["post_processor"] = BeginFirst(firstSpecial),
            ["decoder"] = ByteLevel(addPrefixSpace: true, useRegex: true),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["ignore_merges"] = true,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray(),
            },
        };
    }

    static JsonObject Config() => new()
    {
        ["bos_token"] = Begin,
        ["eos_token"] = EndOfTurn,
        ["tokenizer_class"] = "PreTrainedTokenizerFast",
        ["model_input_names"] = new JsonArray("input_ids", "attention_mask"),
        ["clean_up_tokenization_spaces"] = false,
    };

    static SortedSet<string> Words()
    {
        var words = new SortedSet<string>(StringComparer.Ordinal);
        words.UnionWith(First);
        words.UnionWith(Later.Select(word => " " + word));
        words.UnionWith(SceneWords.All.SelectMany(word => new[] { word, " " + word }));
        words.Remove("A");   // a byte already
        return words;
    }

    static JsonObject AddedToken(int id, string text) => new JsonObject
    {
        ["id"] = id,
        ["content"] = text,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = true,
    };

    static JsonObject ByteLevel(bool addPrefixSpace, bool useRegex) => new()
    {
        ["type"] = "ByteLevel",
        ["add_prefix_space"] = addPrefixSpace,
        ["trim_offsets"] = true,
        ["use_regex"] = useRegex,
    };

    static JsonObject BeginFirst(int id) => new()
    {
        ["type"] = "TemplateProcessing",
        ["single"] = new JsonArray(Piece("SpecialToken", Begin, 0), Piece("Sequence", "A", 0)),
        ["pair"] = new JsonArray(
            Piece("SpecialToken", Begin, 0), Piece("Sequence", "A", 0), Piece("SpecialToken", Begin, 1), Piece("Sequence", "B", 1)),
        ["special_tokens"] = new JsonObject
        {
            [Begin] = new JsonObject { ["id"] = Begin, ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(Begin) },
        },
    };

    static JsonObject Piece(string kind, string id, int type) => new() { [kind] = new JsonObject { ["id"] = id, ["type_id"] = type } };
}
