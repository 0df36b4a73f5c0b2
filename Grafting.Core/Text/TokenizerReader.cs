using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Grafting.Core.Text;

/// <summary>
/// Reads <c>tokenizer.json</c> strictly: a part that is not known stops with its file, its path in the JSON and its text.
/// </summary>
/// <remarks><c>truncation</c> and <c>padding</c> belong to a run, not to a vocabulary, and are not read.</remarks>
internal static class TokenizerReader
{
    public static TokenizerParts Read(string file)
    {
        using var document = JsonAt.Open(file);
        var json = new JsonAt(document.RootElement, file, "$");
        var model = json["model"];
        var kind = model.Find("type")?.Text() ?? "BPE";
        if (kind is not ("BPE" or "Unigram")) throw model["type"].Unknown("tokenizer model");

        List<ScoredToken> scored = [];
        var tokens = kind == "BPE" ? ReadVocabulary(model["vocab"]) : ReadScored(model["vocab"], scored);
        foreach (var item in json.Find("added_tokens")?.Items() ?? []) tokens.Add(AddedToken.Read(item), item.Wrong);
        PieceModel pieces = kind == "BPE"
            ? ReadBpe(model, tokens)
            : new Unigram(scored, tokens.Vocabulary, ReadUnknown(model, scored.Count), model.Bool("byte_fallback", false), tokens.Special);
        var named = TokenizerConfig.Read(Path.GetDirectoryName(Path.GetFullPath(file))!);
        return new TokenizerParts(
            tokens, pieces, Normalizer.Read(json.Find("normalizer")), PreTokenizer.Read(json.Find("pre_tokenizer")),
            PostProcessor.Read(json.Find("post_processor")), TokenDecoder.Read(json.Find("decoder")), named.BeginToken, named.EndToken);
    }

    static Bpe ReadBpe(JsonAt model, TokenTable tokens)
    {
        var rules = ReadRules(model, tokens.Vocabulary);
        return new Bpe(tokens.Vocabulary, ReadMerges(model["merges"], tokens.Vocabulary, rules), rules, tokens.Special);
    }

    /// <summary>An object of tokens and their ids.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static TokenTable ReadVocabulary(JsonAt json)
    {
        if (json.Value.ValueKind != JsonValueKind.Object) throw json.Wrong("must be an object.");
        TokenTable table = new(json.Value.GetPropertyCount());
        foreach (var member in json.Value.EnumerateObject())
        {
            var token = json.NameOf(member);
            if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt32(out var id)
                || id is < 0 or > TokenTable.HighestId)
            {
                throw json.Wrong(
                    $"gives the token \"{token}\" the id {member.Value.GetRawText()}; it must be between 0 and {TokenTable.HighestId}.");
            }
            if (!table.Names.TryAdd(id, token)) throw json.Wrong($"gives the id {id} to two tokens, the second is \"{token}\".");
            if (!table.Vocabulary.TryAdd(token, id)) throw json.Wrong($"holds the token \"{token}\" twice.");
        }
        return table;
    }

    /// <summary>A list of [token, score]; the place in it is the id.</summary>
    static TokenTable ReadScored(JsonAt json, List<ScoredToken> scored)
    {
        if (json.Value.ValueKind != JsonValueKind.Array || json.Value.GetArrayLength() is 0 or > TokenTable.HighestId)
            throw json.Wrong("must be a list of tokens.");
        TokenTable table = new(json.Value.GetArrayLength());
        foreach (var item in json.Items())
        {
            if (item.Value.ValueKind != JsonValueKind.Array || item.Value.GetArrayLength() != 2
                || item.Value[1].ValueKind != JsonValueKind.Number
                || !double.IsFinite(item.Value[1].GetDouble()))
            {
                throw item.Wrong($"is {item.Value.GetRawText()}; it must be [\"token\", score].");
            }
            var token = (item with { Value = item.Value[0] }).Text();
            // Some vocabularies hold a token twice; the later id is the one that texts get.
            table.Names[scored.Count] = token;
            table.Vocabulary[token] = scored.Count;
            scored.Add(new ScoredToken(token, item.Value[1].GetDouble()));
        }
        return table;
    }

    static int? ReadUnknown(JsonAt model, int count)
    {
        if (model.Find("unk_id") is not { } id) return null;
        return id.Int() is var given && given >= 0 && given < count
            ? given
            : throw id.Wrong($"is {given}; the vocabulary has {count} tokens.");
    }

    /// <remarks>Optimised at once, like what it calls: it is over before the runtime would do so, and every command waits for it.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static MergeTable ReadMerges(JsonAt json, Dictionary<string, int> vocabulary, BpeRules rules)
    {
        if (json.Value.ValueKind != JsonValueKind.Array) throw json.Wrong("must be a list.");
        MergeList merges = new(vocabulary, rules.Prefix.Length, json.Value.GetArrayLength());
        var place = 0;
        var buffer = new char[256];
        foreach (var item in json.Value.EnumerateArray())
        {
            if (!TryHalves(json, item, ref buffer, out var left, out var right))
                throw json.Wrong($"[{place}] is {item.GetRawText()}; a merge is \"a b\" or [\"a\", \"b\"].");
            if (!merges.TryAdd(left, right))
            {
                throw json.Wrong(
                    $"[{place}] merges \"{left}\" and \"{right}\"; both and "
                        + $"\"{left}{right[Math.Min(rules.Prefix.Length, right.Length)..]}\" must be in the vocabulary.");
            }
            place++;
        }
        return merges.Table;
    }

    /// <summary>
    /// The halves of a merge in the newer spelling or the older one, which has a space between them; false for anything else.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static bool TryHalves(JsonAt json, JsonElement item, ref char[] buffer, out ReadOnlySpan<char> left, out ReadOnlySpan<char> right)
    {
        left = right = default;
        if (item.ValueKind == JsonValueKind.Array)
        {
            if (item.GetArrayLength() != 2 || item[0].ValueKind != JsonValueKind.String || item[1].ValueKind != JsonValueKind.String)
                return false;
            left = json.TextOf(item[0]);
            right = json.TextOf(item[1]);
            return true;
        }
        if (item.ValueKind != JsonValueKind.String) return false;
        // There are hundreds of thousands: without an escape in it, a merge need not become a text of its own.
        var raw = JsonMarshal.GetRawUtf8Value(item)[1..^1];
        if (raw.Length > buffer.Length) buffer = new char[2 * raw.Length];
        ReadOnlySpan<char> text = buffer.AsSpan(0, Encoding.UTF8.GetChars(raw, buffer));
        if (raw.Contains((byte)'\\')) text = json.TextOf(item);
        var space = text.IndexOf(' ');
        if (space < 0 || text[(space + 1)..].Contains(' ')) return false;
        left = text[..space];
        right = text[(space + 1)..];
        return true;
    }

    static BpeRules ReadRules(JsonAt model, Dictionary<string, int> vocabulary)
    {
        if (model.Find("dropout") is { } dropout && dropout.Value.GetRawText() is not ("0" or "0.0")) throw dropout.Unknown("dropout");

        int? unknown = null;
        if (model.Find("unk_token") is { } token)
            unknown = vocabulary.TryGetValue(token.Text(), out var id)
                ? id
                : throw token.Wrong($"is \"{token.Text()}\", which is not in the vocabulary.");
        return new BpeRules(
            unknown, model.Bool("fuse_unk", false), model.Bool("byte_fallback", false), model.Bool("ignore_merges", false),
            model.Find("continuing_subword_prefix")?.Text() ?? "", model.Find("end_of_word_suffix")?.Text() ?? "");
    }
}
