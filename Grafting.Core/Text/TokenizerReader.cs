using System.Text.Json;

namespace Grafting.Core.Text;

/// <summary>The parts of a tokenizer as <c>tokenizer.json</c> and its neighbours describe them.</summary>
/// <param name="Vocabulary">The model's own tokens; those added to it stand apart, since no text may be merged into them.</param>
/// <param name="Names">Both, by id.</param>
internal sealed record TokenizerParts(
    Dictionary<string, int> Vocabulary, Dictionary<int, string> Names, Bpe Model, IReadOnlyList<AddedToken> Added, IReadOnlySet<int> Special, Normalizer? Normalizer, PreTokenizer? PreTokenizer,
    PostProcessor PostProcessor, TokenDecoder? Decoder, string? BeginToken, string? EndToken);

/// <summary>Reads a tokenizer strictly: a part that is not known stops with its file, its path in the JSON and its text.</summary>
/// <remarks><c>truncation</c> and <c>padding</c> belong to a run, not to a vocabulary, and are not read.</remarks>
internal static class TokenizerReader
{
    /// <summary>Far above any vocabulary in use; keeps a damaged id from asking for gigabytes.</summary>
    const int HighestId = 1 << 24;

    public static TokenizerParts Read(string file)
    {
        using var document = JsonAt.Open(file);
        var json = new JsonAt(document.RootElement, file, "$");
        var model = json["model"];
        if (model.Find("type") is { } type && type.Text() != "BPE") throw type.Unknown("tokenizer model");

        Dictionary<int, string> names = [];
        var vocabulary = ReadVocabulary(model["vocab"], names);
        var added = json.Find("added_tokens") is { } list ? ReadAdded(list, vocabulary, names) : [];
        var special = added.Where(token => token.Special).Select(token => token.Id).ToHashSet();
        var bpe = new Bpe(vocabulary, ReadMerges(model["merges"], vocabulary), ReadRules(model, vocabulary), special);
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        return new TokenizerParts(
            vocabulary, names, bpe, added, special, Normalizer.Read(json.Find("normalizer")), PreTokenizer.Read(json.Find("pre_tokenizer")),
            PostProcessor.Read(json.Find("post_processor")), TokenDecoder.Read(json.Find("decoder")),
            ReadNamedToken(folder, "bos_token"), ReadNamedToken(folder, "eos_token"));
    }

    static Dictionary<string, int> ReadVocabulary(JsonAt json, Dictionary<int, string> names)
    {
        if (json.Value.ValueKind != JsonValueKind.Object) throw json.Wrong("must be an object.");
        Dictionary<string, int> vocabulary = new(StringComparer.Ordinal);
        foreach (var member in json.Value.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt32(out var id) || id is < 0 or > HighestId)
            {
                throw json.Wrong(
                    $"gives the token \"{member.Name}\" the id {member.Value.GetRawText()}; it must be between 0 and {HighestId}.");
            }
            var token = member.Name;
            if (!names.TryAdd(id, token)) throw json.Wrong($"gives the id {id} to two tokens, the second is \"{token}\".");
            if (!vocabulary.TryAdd(token, id)) throw json.Wrong($"holds the token \"{token}\" twice.");
        }
        return vocabulary;
    }

    static Dictionary<(int Left, int Right), Merge> ReadMerges(JsonAt json, Dictionary<string, int> vocabulary)
    {
        if (json.Value.ValueKind != JsonValueKind.Array) throw json.Wrong("must be a list.");
        Dictionary<(int, int), Merge> merges = new(json.Value.GetArrayLength());
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
            merges[(leftId, rightId)] = new Merge(rank++, wholeId);
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

    /// <summary>Enters the added tokens into <paramref name="names"/> as well.</summary>
    static List<AddedToken> ReadAdded(JsonAt json, Dictionary<string, int> vocabulary, Dictionary<int, string> names)
    {
        List<AddedToken> added = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (var item in json.Items())
        {
            var token = AddedToken.Read(item);
            if (!seen.Add(token.Content)) throw item.Wrong($"adds the token \"{token.Content}\" a second time.");
            if (token.Id is < 0 or > HighestId) throw item.Wrong($"has the id {token.Id}; it must be between 0 and {HighestId}.");
            if (vocabulary.TryGetValue(token.Content, out var known) && known != token.Id)
                throw item.Wrong($"gives \"{token.Content}\" the id {token.Id}, but the vocabulary gives it {known}.");
            if (names.TryGetValue(token.Id, out var name) && name != token.Content)
                throw item.Wrong($"gives the id {token.Id} to \"{token.Content}\", but it belongs to \"{name}\".");
            names[token.Id] = token.Content;
            added.Add(token);
        }
        return added;
    }

    /// <summary>A token named in tokenizer_config.json, or in the older special_tokens_map.json; as a text or as {"content": …}.</summary>
    static string? ReadNamedToken(string folder, string name)
    {
        foreach (var file in (ReadOnlySpan<string>)["tokenizer_config.json", "special_tokens_map.json"])
        {
            var path = Path.Combine(folder, file);
            if (!File.Exists(path)) continue;
            using var document = JsonAt.Open(path);
            if (new JsonAt(document.RootElement, path, "$").Find(name) is { } token)
                return token.IsText ? token.Text() : token["content"].Text();
        }
        return null;
    }
}
