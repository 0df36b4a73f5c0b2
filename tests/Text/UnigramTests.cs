using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Text;

namespace Grafting.Tests.Text;

public class UnigramTests
{
    [Test]
    public void The_most_probable_way_wins_and_not_the_longest_token()
    {
        var tokenizer = Load(("<unk>", 0), ("a", -1), ("b", -1), ("c", -1), ("ab", -5), ("bc", -1.5));
        Assert.That(Spelled(tokenizer, "abc"), Is.EqualTo(new[] { "a", "bc" }));
        Assert.That(Spelled(tokenizer, "ab"), Is.EqualTo(new[] { "a", "b" }), "-2 against -5");
    }

    [Test]
    public void The_way_found_is_the_best_of_all()
    {
        (string Token, double Score)[] vocabulary =
            [
                ("<unk>", 0), ("a", -2.5), ("b", -3.25), ("ab", -4), ("ba", -4.5), ("aab", -6.125), ("bb", -5.5), ("abba", -8.75),
                ("𝐀", -3), ("𝐀a", -4.125),
            ];
        var tokenizer = Load(vocabulary);
        var random = new Random(64);
        for (var i = 0; i < 300; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => new[] { "a", "b", "𝐀" }[random.Next(3)]));
            var scores = vocabulary.ToDictionary(entry => entry.Token, entry => entry.Score);
            // All ways, one after the other; scores are sums of eighths, and exact.
            Assert.That(Spelled(tokenizer, text).Sum(token => scores[token]), Is.EqualTo(Ways(text, vocabulary).Max()), text);
        }
    }

    [Test]
    public void Unknown_neighbours_become_one_token()
    {
        var tokenizer = Load(("<unk>", 0), ("a", -1));
        Assert.That(tokenizer.Encode("xyaz", false), Is.EqualTo(new[] { 0, 1, 0 }));
    }

    /// <summary>
    /// "xy" is the rarest token with −13, so that an unknown y costs 23: it is taken only behind an x that is worth more than 10.
    /// </summary>
    [TestCase(9, new[] { 2 })]
    [TestCase(11, new[] { 1, 0 })]
    public void An_unknown_character_costs_ten_more_than_the_rarest_token(double score, int[] ids) =>
        Assert.That(Load(("<unk>", 0), ("x", score), ("xy", -13)).Encode("xy", false), Is.EqualTo(ids));

    [Test]
    public void Unknown_characters_become_bytes_where_the_file_says_so()
    {
        (string, double)[] vocabulary = [("<unk>", 0), ("a", -1), .. Enumerable.Range(0, 256).Select(value => ($"<0x{value:X2}>", -20.0))];
        var json = Json(vocabulary);
        json["model"]!["byte_fallback"] = true;
        Assert.That(TinyTokenizer.Load(json).Encode("aé", false), Is.EqualTo(new[] { 1, 2 + 0xC3, 2 + 0xA9 }));
    }

    [Test]
    public void Without_an_unknown_token_a_character_that_nothing_covers_is_an_error()
    {
        var json = Json(("a", -1));
        json["model"]!["unk_id"] = null;
        var fault = Assert.Throws<GraftException>(() => TinyTokenizer.Load(json).Encode("aé", false));
        Assert.That(fault!.Message, Does.Contain("'é' (U+00E9)"));
    }

    [Test]
    public void A_megabyte_without_a_space_is_no_trap()
    {
        var tokenizer = Load(("<unk>", 0), ("a", -1), ("aa", -1.5), ("aaaa", -2), ("aaaaaaaa", -2.5));
        Assert.That(tokenizer.Encode(new string('a', 1 << 20), false), Has.Length.EqualTo(1 << 17));
    }

    [TestCase("""[["a"]]""", "$.model.vocab[0] is")]
    [TestCase("""[["a", "b"]]""", "$.model.vocab[0] is")]
    [TestCase("""[["a", 1e999]]""", "$.model.vocab[0] is")]
    [TestCase("[]", "$.model.vocab must be a list of tokens")]
    [TestCase("{}", "$.model.vocab must be a list of tokens")]
    public void A_malformed_vocabulary_is_refused(string vocabulary, string complaint)
    {
        var json = Json(("a", -1));
        json["model"]!["vocab"] = TinyTokenizer.Parse(vocabulary);
        Assert.That(Assert.Throws<GraftException>(() => TinyTokenizer.Load(json))!.Message, Does.Contain(complaint));
    }

    [Test]
    public void An_unknown_id_outside_the_vocabulary_is_refused()
    {
        var json = Json(("a", -1));
        json["model"]!["unk_id"] = 1;
        Assert.That(
            Assert.Throws<GraftException>(() => TinyTokenizer.Load(json))!.Message,
            Does.Contain("$.model.unk_id is 1; the vocabulary has 1 tokens"));
    }

    static Tokenizer Load(params (string, double)[] vocabulary) => TinyTokenizer.Load(Json(vocabulary));

    static JsonObject Json(params (string Token, double Score)[] vocabulary) => new()
    {
        ["model"] = new JsonObject
        {
            ["type"] = "Unigram",
            ["unk_id"] = 0,
            ["vocab"] = new JsonArray([.. vocabulary.Select(entry => (JsonNode)new JsonArray(entry.Token, entry.Score))]),
        },
    };

    static string[] Spelled(Tokenizer tokenizer, string text) => [.. tokenizer.Encode(text, false).Select(id => tokenizer.TokenOf(id)!)];

    static IEnumerable<double> Ways(string text, (string Token, double Score)[] vocabulary) => text.Length == 0
        ? [0]
        : vocabulary.Skip(1).Where(entry => text.StartsWith(entry.Token, StringComparison.Ordinal))
            .SelectMany(entry => Ways(text[entry.Token.Length..], vocabulary).Select(rest => entry.Score + rest));
}
