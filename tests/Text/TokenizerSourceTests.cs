using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Text;
using Grafting.Tests.Support;

namespace Grafting.Tests.Text;

/// <summary>Tokenizers from SentencePiece's and tiktoken's own files.</summary>
public class TokenizerSourceTests
{
    const int Control = 3, UserDefined = 4, ByteKind = 6;

    [Test]
    public void Llama2_gives_the_same_ids_from_its_sentence_piece_model()
    {
        var source = Shared.Real("tokenizers/llama2");
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "tokenizer.json")))!["model"]!;
        var tokens = json["vocab"]!.AsObject().OrderBy(entry => (int)entry.Value!).Select(entry => entry.Key).ToArray();
        // Scores fall with the order of the merges; they are all that the model has to say about it.
        Dictionary<string, int> ranks = [];
        foreach (var merge in json["merges"]!.AsArray().Select(Whole)) ranks.TryAdd(merge, ranks.Count);
        SentencePieceWriter writer = new();
        for (var id = 0; id < tokens.Length; id++)
        {
            var kind = id == 0 ? 2 : id < 3 ? Control : id < 259 ? ByteKind : 1;
            writer.Piece(tokens[id], kind == 1 ? -ranks.GetValueOrDefault(tokens[id], ranks.Count) : 0, kind);
        }
        writer.Trainer((3, 2), (35, 1), (40, 0), (41, 1), (42, 2)).Normalizer((3, 1), (4, 0), (5, 1));

        using var folder = new TempFolder();
        folder.Write("tokenizer.model", writer.Done());
        var tokenizer = Tokenizer.Load(folder.Path);
        AssertSame(Tokenizer.Load(source), tokenizer, 65);
        var vectors = JsonNode.Parse(File.ReadAllText(Shared.Real("tokenizers/llama2_vectors.json")))!.AsArray();
        foreach (var vector in vectors)
        {
            int[] ids = [.. vector!["ids"]!.AsArray().Select(id => (int)id!)];
            Assert.That(tokenizer.Encode((string)vector["text"]!), Is.EqualTo(ids));
        }
    }

    [Test]
    public void Llama3_gives_the_same_ids_from_its_tiktoken_file([Values] bool configured)
    {
        var source = Shared.Real("tokenizers/llama3");
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "tokenizer.json")))!;
        var lines = new StringBuilder();
        foreach (var (token, rank) in json["model"]!["vocab"]!.AsObject().OrderBy(entry => (int)entry.Value!))
        {
            List<byte> bytes = [];
            ByteAlphabet.Read(token, bytes);
            lines.Append(Convert.ToBase64String([.. bytes])).Append(' ').Append((int)rank!).Append('\n');
        }
        using var folder = new TempFolder();
        folder.Write("tokenizer.model", lines.ToString());
        if (configured)
        {
            var added = new JsonObject(
                json["added_tokens"]!.AsArray().Select(
                    token => KeyValuePair.Create(token!["id"]!.ToString(), (JsonNode?)token.DeepClone())));
            folder.Write(
                "tokenizer_config.json",
                new JsonObject
                {
                    ["bos_token"] = "<|begin_of_text|>",
                    ["eos_token"] = "<|eot_id|>",
                    ["added_tokens_decoder"] = added
                }.ToJsonString());
        }
        var (expected, actual) = (Tokenizer.Load(source), Tokenizer.Load(folder.Path));
        AssertSame(expected, actual, 66);
        Assert.That(
            actual.EndId, Is.EqualTo(configured ? 128009 : 128001),
            "the file itself names none; Llama 3's base model ends with <|end_of_text|>");
    }

    [Test]
    public void A_unigram_model_is_read_with_its_table_and_its_symbols()
    {
        using var folder = new TempFolder();
        folder.Write("tokenizer.model", Unigram().Normalizer(CharacterMaps.Small(), (3, 1), (4, 1)).Done());
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.Multiple(() =>
        {
            Assert.That(
                Spelled(tokenizer, "ab  ﬁ "), Is.EqualTo(new[] { "▁ab", "▁", "f", "i" }),
                "white space is collapsed, and the ligature spelled out");
            Assert.That(Spelled(tokenizer, "a<sep>b"), Is.EqualTo(new[] { "▁", "a", "<sep>", "▁", "b" }));
            Assert.That(tokenizer.EncodeSegment("</s>", false), Has.None.EqualTo(2));
            Assert.That(tokenizer.Decode(tokenizer.Encode("ab ab")), Is.EqualTo("ab ab"));
            Assert.That((tokenizer.BeginId, tokenizer.EndId), Is.EqualTo((1, 2)));
        });
    }

    /// <summary>Expected pieces are those of SentencePiece itself (npm's @agnai/sentencepiece-js 1.1.1) for the same model.</summary>
    [TestCase("a     b", "▁ a ▁▁ ▁▁▁ b")]
    [TestCase("       ", "▁▁▁▁ ▁▁▁▁")]
    [TestCase("ababab", "▁ ab ab ab")]
    [TestCase("babab", "▁ ba bab")]
    [TestCase("aabbaabab", "▁ a ab ba ab ab")]
    [TestCase("abba  abab", "▁ ab ba ▁▁ ab ab")]
    public void Pieces_of_one_score_are_merged_from_left_to_right(string text, string pieces)
    {
        SentencePieceWriter writer = new();
        writer.Piece("<unk>", 0, 2).Piece("<s>", 0, Control).Piece("</s>", 0, Control).Piece("▁▁", -1).Piece("ab", -2).Piece("▁▁▁", -3)
            .Piece("▁▁▁▁", -4)
            .Piece("ba", -2).Piece("aba", -5).Piece("bab", -5).Piece("▁", -6).Piece("a", -7).Piece("b", -8);
        using var folder = new TempFolder();
        folder.Write("tokenizer.model", writer.Trainer((3, 2)).Normalizer((3, 1), (4, 0)).Done());
        Assert.That(Spelled(Tokenizer.Load(folder.Path), text), Is.EqualTo(pieces.Split(' ')));
    }

    /// <summary>By the rules of SentencePiece's normalizer.cc; tokenizer.json has others.</summary>
    [TestCase("\u3000 a  b \t", "▁a▁b")]
    [TestCase("q\u0301x", "▁Q\u0301x", Description = "the longest known beginning is replaced, and what follows it stays")]
    [TestCase("a\u200B b", "▁a▁b")]
    [TestCase("a \u200B b", "▁a▁b")]
    [TestCase("a\n", "▁a\n", Description = "only spaces go at the end")]
    [TestCase(" \t ", "")]
    [TestCase("a▁", "▁a")]
    public void Texts_are_normalised_as_sentence_piece_does(string text, string expected)
    {
        SentencePieceNormalizer normalizer = new(
            CharacterMap.Read(CharacterMaps.Small()), removesExtraSpaces: true, MetaspacePrefix.Always);
        Assert.That(normalizer.Apply(AlignedText.Of(text, 0, text.Length, tracked: false), default).Text, Is.EqualTo(expected));
        var tracked = normalizer.Apply(AlignedText.Of(text, 0, text.Length, tracked: true), default);
        Assert.That((tracked.Text, tracked.Sources!.Length), Is.EqualTo((expected, expected.Length)));
    }

    [Test]
    public void A_continuation_keeps_its_leading_space()
    {
        SentencePieceNormalizer normalizer = new(null, removesExtraSpaces: true, MetaspacePrefix.Always);
        var text = AlignedText.Of("  a  b", 0, 6, tracked: true);
        Assert.That(normalizer.Apply(text, new Place(AtStart: true, Continuation: true)).Text, Is.EqualTo("▁a▁b"));
    }

    [TestCase(200_000, 202_048, "<|begin_of_text|>:200000 <|header_start|>:200005 <|python_start|>:200016 <|image_start|>:200080 "
        + "<|image|>:200090 <|patch|>:200092 <|reasoning_thinking_end|>:201143 <|reserved_special_token_0|>:201144")]
    [TestCase(199_998, 200_019, "<|endoftext|>:199999 <|endofprompt|>:200018")]
    [TestCase(151_643, 151_851, "<|endoftext|>:151643 <|im_end|>:151645 <|extra_0|>:151646 <|extra_204|>:151850")]
    public void The_number_of_ranks_tells_the_special_tokens(int ranks, int size, string special)
    {
        var lines = new StringBuilder();
        for (var rank = 0; rank < ranks; rank++)
        {
            byte[] bytes = rank < 256 ? [(byte)rank] : [(byte)rank, (byte)(rank >> 8), (byte)(rank >> 16), 255];
            lines.Append(Convert.ToBase64String(bytes)).Append(' ').Append(rank).Append('\n');
        }
        using var folder = new TempFolder();
        folder.Write("any.tiktoken", lines.ToString());
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.That(tokenizer.VocabularySize, Is.EqualTo(size));
        foreach (var pair in special.Split(' ').Select(pair => pair.Split(':')))
        {
            var id = int.Parse(pair[1], CultureInfo.InvariantCulture);
            Assert.That((tokenizer.IdOf(pair[0]), tokenizer.IsSpecial(id)), Is.EqualTo(((int?)id, true)), pair[0]);
        }
    }

    [Test]
    public void The_form_of_mistral_is_refused_by_name()
    {
        using var folder = new TempFolder();
        folder.Write("tekken.json", "{}");
        var fault = Assert.Throws<GraftException>(() => Tokenizer.Load(folder.Path))!;
        Assert.That(fault.Message, Does.Contain("tekken.json is a tokenizer of Mistral's tekken kind"));
    }

    [Test]
    public void The_configuration_may_ask_for_the_end_token()
    {
        using var folder = new TempFolder();
        folder.Write("tokenizer.model", Unigram().Normalizer((3, 1), (4, 1)).Done());
        folder.Write("tokenizer_config.json", """{"add_eos_token": true, "eos_token": "</s>"}""");
        Assert.That(Tokenizer.Load(folder.Path).Encode("ab")[^1], Is.EqualTo(2));
    }

    [Test]
    public void Without_the_legacy_the_dummy_space_stands_only_at_the_start()
    {
        using var folder = new TempFolder();
        SentencePieceWriter writer = new();
        writer.Piece("<unk>", 0, 2).Piece("<s>", 0, Control).Piece("</s>", 0, Control).Piece("▁a", -1).Piece("▁", -2).Piece("a", -3);
        folder.Write("tokenizer.model", writer.Trainer((3, 2)).Normalizer((3, 1), (4, 0)).Done());
        Assert.That(Spelled(Tokenizer.Load(folder.Path), "a</s>a"), Is.EqualTo(new[] { "▁a", "</s>", "▁a" }));
        folder.Write("tokenizer_config.json", """{"legacy": false}""");
        Assert.That(Spelled(Tokenizer.Load(folder.Path), "a</s>a"), Is.EqualTo(new[] { "▁a", "</s>", "a" }));
    }

    [Test]
    public void Tokenizer_json_comes_first()
    {
        using var folder = new TempFolder();
        folder.Write("tokenizer.model", Unigram().Normalizer().Done());
        folder.Write("tokenizer.json", TinyTokenizer.ByteLevel().ToJsonString());
        Assert.That(Tokenizer.Load(folder.Path).VocabularySize, Is.EqualTo(256));
    }

    [Test]
    public void A_model_cut_short_anywhere_is_refused()
    {
        var whole = Unigram().Normalizer((3, 1)).Done();
        using var folder = new TempFolder();
        // The trainer and the normaliser are messages of their own: only a cut between whole messages can be a model, and there the rest
        // has defaults.
        for (var length = 1; length < 60; length++)
        {
            var file = folder.Write("tokenizer.model", whole[..length]);
            try
            {
                Tokenizer.Load(file);
            }
            catch (GraftException fault)
            {
                Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Input));
                Assert.That(fault.Message, Does.Contain("tokenizer.model"));
            }
        }
        Assert.That(Complaint(folder, whole[..20]), Does.Contain("is not a SentencePiece model: it ends in the middle of a field"));
    }

    [Test]
    public void What_the_model_asks_for_and_is_not_known_is_named()
    {
        using var folder = new TempFolder();
        Assert.Multiple(() =>
        {
            Assert.That(
                Complaint(folder, Unigram(3).Done()), Does.Contain("a model of type 3; graft knows 1 (unigram) and 2 (byte pairs)"));
            Assert.That(Complaint(folder, Unigram().Normalizer((5, 0)).Done()), Does.Contain("escape_whitespaces"));
            Assert.That(Complaint(folder, new SentencePieceWriter().Piece("a", 0, 5).Done()), Does.Contain("piece 0, \"a\", is of kind 5"));
            Assert.That(
                Complaint(folder, new SentencePieceWriter().Piece("a", float.NaN).Done()), Does.Contain("piece 0 has the score NaN"));
            Assert.That(
                Complaint(folder, new SentencePieceWriter().Piece("a", 0).Piece("a", 0).Done()), Does.Contain("the piece \"a\" twice"));
            Assert.That(Complaint(folder, Unigram().Normalizer([9, 9, 9]).Done()), Does.Contain("precompiled_charsmap is no table"));
        });
    }

    [TestCase("YQ== x", "line 1 is \"YQ== x\"")]
    [TestCase("YQ== 0\nYQ==", "line 2 is \"YQ==\"")]
    [TestCase("Y!== 0", "line 1 is")]
    [TestCase("YQ== 0\nYQ== 1", "line 2 gives a rank or a token a second time")]
    [TestCase("YQ== 0\nYg== 0", "line 2 gives a rank or a token a second time")]
    [TestCase("YQ== 99999999", "or a rank above 16777216")]
    [TestCase("YQ== 0", "holds 1 ranks; graft knows the tiktoken files of Llama 3 (128000), Qwen (151643), o200k_base (199998), Llama 4 "
        + "(200000)")]
    [TestCase("", "is empty")]
    public void A_malformed_tiktoken_file_is_refused_with_the_line(string content, string complaint)
    {
        using var folder = new TempFolder();
        Assert.That(Complaint(folder, Encoding.UTF8.GetBytes(content)), Does.Contain(complaint));
    }

    [Test]
    public void Two_tiktoken_files_in_one_folder_are_no_source()
    {
        using var folder = new TempFolder();
        folder.Write("a.tiktoken", "");
        folder.Write("b.tiktoken", "");
        Assert.That(Assert.Throws<GraftException>(() => Tokenizer.Load(folder.Path))!.Message, Does.Contain("holds 2 tiktoken files"));
    }

    static SentencePieceWriter Unigram(int type = 1) => new SentencePieceWriter()
        .Piece("<unk>", 0, 2).Piece("<s>", 0, Control).Piece("</s>", 0, Control).Piece("<sep>", 0, UserDefined)
        .Piece("▁", -2).Piece("a", -3).Piece("b", -3).Piece("▁ab", -4).Piece("f", -5).Piece("i", -5).Trainer((3, type));

    static string Complaint(TempFolder folder, byte[] model)
    {
        var file = folder.Write("tokenizer.model", model);
        return Assert.Throws<GraftException>(() => Tokenizer.Load(file))!.Message;
    }

    static void AssertSame(Tokenizer expected, Tokenizer actual, int seed)
    {
        Assert.That((actual.VocabularySize, actual.BeginId), Is.EqualTo((expected.VocabularySize, expected.BeginId)));
        var random = new Random(seed);
        for (var i = 0; i < 5_000; i++)
        {
            var text = RandomTexts.Next(random);
            var ids = expected.Encode(text);
            Assert.That(actual.Encode(text), Is.EqualTo(ids), text);
            Assert.That(actual.Decode(ids), Is.EqualTo(expected.Decode(ids)), text);
        }
    }

    static string Whole(JsonNode? merge) =>
        merge is JsonArray halves
            ? string.Concat(halves.Select(half => (string)half!))
            : ((string)merge!).Replace(" ", "", StringComparison.Ordinal);

    static string[] Spelled(Tokenizer tokenizer, string text) =>
        [.. tokenizer.Encode(text, addSpecialTokens: false).Select(id => tokenizer.TokenOf(id)!)];
}
