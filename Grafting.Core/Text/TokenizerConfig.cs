using System.Globalization;

namespace Grafting.Core.Text;

/// <summary>
/// What <c>tokenizer_config.json</c>, and the older <c>special_tokens_map.json</c> and <c>added_tokens.json</c>, say beside the vocabulary.
/// </summary>
/// <param name="Class">The Python class that reads the tokenizer (<c>tokenizer_class</c>), without the ending "Fast".</param>
/// <param name="BeginToken">Opens a text (<c>bos_token</c>).</param>
/// <param name="AddsBegin">Whether it is put there unasked; null where the file is silent.</param>
/// <param name="AddsPrefixSpace">Whether a dummy space is put in front; null where the file is silent.</param>
/// <param name="Legacy">A dummy space behind every special token, and not only at the start; null where the file is silent.</param>
/// <param name="Added">Tokens beside those of the vocabulary (<c>added_tokens_decoder</c>, else <c>added_tokens.json</c>).</param>
internal sealed record TokenizerConfig(
    string? Class, string? BeginToken, string? EndToken, bool? AddsBegin, bool? AddsEnd, bool? AddsPrefixSpace, bool? Legacy,
    IReadOnlyList<AddedToken> Added)
{
    const string Older = "added_tokens.json";

    public static TokenizerConfig Read(string folder)
    {
        string? kind = null, begin = null, end = null;
        bool? addsBegin = null, addsEnd = null, prefix = null, legacy = null;
        List<AddedToken> added = [];
        HashSet<string> special = new(StringComparer.Ordinal);
        foreach (var name in (ReadOnlySpan<string>)["tokenizer_config.json", "special_tokens_map.json"])
        {
            if (!TryOpen(folder, name, out var json)) continue;
            kind ??= json.Find("tokenizer_class")?.Text();
            begin ??= Named(json, "bos_token");
            end ??= Named(json, "eos_token");
            addsBegin ??= json.Find("add_bos_token")?.Bool();
            addsEnd ??= json.Find("add_eos_token")?.Bool();
            prefix ??= json.Find("add_prefix_space")?.Bool();
            legacy ??= json.Find("legacy")?.Bool();
            if (json.Find("added_tokens_decoder") is { } list)
                added.AddRange(list.Members().Select(member => ReadAdded(member.Name, member.Value)));
            special.UnionWith(SpecialNames(json));
        }
        if (added.Count == 0 && TryOpen(folder, Older, out var older))
            added.AddRange(older.Members().Select(member => ReadOlder(member.Name, member.Value.Int(), special.Contains(member.Name))));
        return new TokenizerConfig(
            kind?.EndsWith("Fast", StringComparison.Ordinal) == true ? kind[..^4] : kind, begin, end, addsBegin, addsEnd, prefix, legacy,
            added);
    }

    static bool TryOpen(string folder, string name, out JsonAt json)
    {
        var path = Path.Combine(folder, name);
        json = default;
        if (!File.Exists(path)) return false;
        using var document = JsonAt.Open(path);
        json = new JsonAt(document.RootElement.Clone(), path, "$");
        return true;
    }

    /// <summary>As a text or as {"content": …}.</summary>
    static string? Named(JsonAt json, string name) => json.Find(name) is { } token ? Content(token) : null;

    static string Content(JsonAt token) => token.IsText ? token.Text() : token["content"].Text();

    /// <summary>The tokens that have a part to play (bos_token and the like), and those that are only called special.</summary>
    static IEnumerable<string> SpecialNames(JsonAt json) =>
        json.Members()
            .Where(member => member.Name.EndsWith("_token", StringComparison.Ordinal) && (member.Value.IsText || member.Value.IsObject))
            .Select(member => Content(member.Value))
            .Concat((json.Find("additional_special_tokens")?.Items() ?? []).Select(Content));

    static AddedToken ReadAdded(string id, JsonAt json) =>
        int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? AddedToken.Read(json, number)
            : throw json.Wrong("stands under a name that is no id.");

    static AddedToken ReadOlder(string content, int id, bool special) =>
        new(id, content, false, false, false, Normalized: !special, special);
}
