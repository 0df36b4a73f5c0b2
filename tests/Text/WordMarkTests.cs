using System.Text.Json.Nodes;

namespace Grafting.Tests.Text;

/// <summary>
/// Byte-pair vocabularies that mark where in a word a character stands. Expected tokens and texts are those of the Rust original (npm's
/// tokenizers 0.23.2) for the same three files.
/// </summary>
public class WordMarkTests
{
    [TestCase("low lo o", "low</w> lo</w> o</w>", "low lo o")]
    [TestCase("wow", "w ow</w>", "wow")]
    [TestCase("lol low", "lo l</w> low</w>", "lol low")]
    [TestCase("xlowx", "? lo w ?", "?low?")]
    [TestCase("zz", "? ?", "??")]
    public void The_last_character_of_a_word_has_a_suffix(string text, string tokens, string decoded) => AssertSame(
        Model(
            null, "</w>", fuse: false, ["?", "l", "o", "w", "l</w>", "o</w>", "w</w>", "lo", "low</w>", "lo</w>", "ow</w>"],
            "l o,lo w</w>,l o</w>,o w</w>"),
        text, tokens, decoded);

    [TestCase("low lolo", "low lo ##lo", "lowlo##lo")]
    [TestCase("wow", "? ##ow", "?##ow")]
    [TestCase("lowlow", "low ##l ##ow", "low##l##ow")]
    [TestCase("xxlo", "? ##lo", "?##lo")]
    [TestCase("x xx", "? ?", "??")]
    public void All_characters_but_the_first_have_a_prefix(string text, string tokens, string decoded) => AssertSame(
        Model("##", null, fuse: true, ["?", "l", "o", "##l", "##o", "##w", "lo", "##ow", "low", "##lo"], "l ##o,##o ##w,lo ##w,##l ##o"),
        text, tokens, decoded);

    [TestCase("a", "a$", "a")]
    [TestCase("aaa", "aa #a$", "aa#a")]
    [TestCase("aaaa aaaaa", "aa #aa$ aa #a #aa$", "aa#aa aa#a#aa")]
    [TestCase("ba", "? #a$", "?#a")]
    public void Both_may_be_asked_for(string text, string tokens, string decoded) => AssertSame(
        Model("#", "$", fuse: false, ["?", "a", "#a", "#a$", "a$", "aa", "aa$", "#aa$"], "a #a,#a #a$,a #a$"), text, tokens, decoded);

    static void AssertSame(JsonObject json, string text, string tokens, string decoded)
    {
        var tokenizer = TinyTokenizer.Load(json);
        var ids = tokenizer.Encode(text);
        Assert.That(ids.Select(tokenizer.TokenOf), Is.EqualTo(tokens.Split(' ')));
        Assert.That(tokenizer.EncodeWithSpans(text).Select(token => token.Id), Is.EqualTo(ids));
        Assert.That(tokenizer.Decode(ids), Is.EqualTo(decoded));
    }

    static JsonObject Model(string? prefix, string? suffix, bool fuse, string[] tokens, string merges) => new()
    {
        ["pre_tokenizer"] = new JsonObject { ["type"] = "WhitespaceSplit" },
        ["decoder"] = new JsonObject { ["type"] = "BPEDecoder", ["suffix"] = suffix ?? "</w>" },
        ["model"] = new JsonObject
        {
            ["type"] = "BPE",
            ["unk_token"] = "?",
            ["fuse_unk"] = fuse,
            ["continuing_subword_prefix"] = prefix,
            ["end_of_word_suffix"] = suffix,
            ["vocab"] = new JsonObject(tokens.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id))),
            ["merges"] = new JsonArray([.. merges.Split(',').Select(merge => (JsonNode)merge)]),
        },
    };
}
