using System.Text.Json;

namespace Grafting.Core.Text;

/// <summary>Reads <c>tokenizer.json</c> strictly: a part that is not known stops with its file, its path in the JSON and its text.</summary>
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
            ? new Bpe(tokens.Vocabulary, ReadMerges(model["merges"], tokens.Vocabulary), ReadRules(model, tokens.Vocabulary), tokens.Special)
            : new Unigram(scored, tokens.Vocabulary, ReadUnknown(model, scored.Count), model.Bool("byte_fallback", false), tokens.Special);
        var named = TokenizerConfig.Read(Path.GetDirectoryName(Path.GetFullPath(file))!);
        return new TokenizerParts(
            tokens, pieces, Normalizer.Read(json.Find("normalizer")), PreTokenizer.Read(json.Find("pre_tokenizer")),
            PostProcessor.Read(json.Find("post_processor")), TokenDecoder.Read(json.Find("decoder")), named.BeginToken, named.EndToken);
    }

    static TokenTable ReadVocabulary(JsonAt json)
    {
        if (json.Value.ValueKind != JsonValueKind.Object) throw json.Wrong("must be an object.");
        TokenTable table = new();
        foreach (var member in json.Value.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt32(out var id) || id is < 0 or > TokenTable.HighestId)
            {
                throw json.Wrong(
                    $"gives the token \"{member.Name}\" the id {member.Value.GetRawText()}; it must be between 0 and {TokenTable.HighestId}.");
            }
            var token = member.Name;
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
        TokenTable table = new();
        foreach (var item in json.Items())
        {
            if (item.Value.ValueKind != JsonValueKind.Array || item.Value.GetArrayLength() != 2 || item.Value[1].ValueKind != JsonValueKind.Number
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
        return id.Int() is var given && given >= 0 && given < count ? given : throw id.Wrong($"is {given}; the vocabulary has {count} tokens.");
    }

    static Dictionary<long, Merge> ReadMerges(JsonAt json, Dictionary<string, int> vocabulary)
    {
        if (json.Value.ValueKind != JsonValueKind.Array) throw json.Wrong("must be a list.");
        Dictionary<long, Merge> merges = new(json.Value.GetArrayLength());
        var lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        var rank = 0;
        foreach (var item in json.Value.EnumerateArray())
        {
            var pair = Pair(item) ?? throw json.Wrong($"[{rank}] is {item.GetRawText()}; a merge is \"a b\" or [\"a\", \"b\"].");
            var space = pair.IndexOf(' ');
            var left = pair.AsSpan(0, space);
            var right = pair.AsSpan(space + 1);
            if (!lookup.TryGetValue(left, out var leftId) || !lookup.TryGetValue(right, out var rightId)
                || !vocabulary.TryGetValue(pair.Remove(space, 1), out var wholeId))
            {
                throw json.Wrong($"[{rank}] merges \"{left}\" and \"{right}\"; both and \"{left}{right}\" must be in the vocabulary.");
            }
            merges[Bpe.Pair(leftId, rightId)] = new Merge(rank++, wholeId);
        }
        return merges;
    }

    /// <summary>The two halves with the space between them that the older spelling has; null for anything else.</summary>
    static string? Pair(JsonElement item)
    {
        var text = item.ValueKind switch
        {
            JsonValueKind.String => item.GetString()!,
            JsonValueKind.Array when item.GetArrayLength() == 2 && item.EnumerateArray().All(half => half.ValueKind == JsonValueKind.String)
                => $"{item[0].GetString()} {item[1].GetString()}",
            _ => "",
        };
        return text.AsSpan().Count(' ') == 1 ? text : null;
    }

    static BpeRules ReadRules(JsonAt model, Dictionary<string, int> vocabulary)
    {
        if (model.Find("dropout") is { } dropout && dropout.Value.GetRawText() is not ("0" or "0.0")) throw dropout.Unknown("dropout");
        foreach (var name in (ReadOnlySpan<string>)["continuing_subword_prefix", "end_of_word_suffix"])
            if (model.Find(name) is { } mark && mark.Text().Length > 0) throw mark.Unknown("subword mark");

        int? unknown = null;
        if (model.Find("unk_token") is { } token)
            unknown = vocabulary.TryGetValue(token.Text(), out var id) ? id : throw token.Wrong($"is \"{token.Text()}\", which is not in the vocabulary.");
        return new BpeRules(
            unknown, model.Bool("fuse_unk", false), model.Bool("byte_fallback", false), model.Bool("ignore_merges", false));
    }
}
