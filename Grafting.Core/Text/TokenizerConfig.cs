using System.Globalization;

namespace Grafting.Core.Text;

/// <summary>What <c>tokenizer_config.json</c>, and the older <c>special_tokens_map.json</c>, say beside the vocabulary.</summary>
/// <param name="BeginToken">Opens a text (<c>bos_token</c>).</param>
/// <param name="AddsBegin">Whether it is put there unasked; null where the file is silent.</param>
/// <param name="AddsPrefixSpace">Whether a dummy space is put in front; null where the file is silent.</param>
/// <param name="Legacy">A dummy space behind every special token, and not only at the start; null where the file is silent.</param>
/// <param name="Added">Tokens beside those of the vocabulary (<c>added_tokens_decoder</c>).</param>
internal sealed record TokenizerConfig(
    string? BeginToken, string? EndToken, bool? AddsBegin, bool? AddsEnd, bool? AddsPrefixSpace, bool? Legacy, IReadOnlyList<AddedToken> Added)
{
    public static TokenizerConfig Read(string folder)
    {
        string? begin = null, end = null;
        bool? addsBegin = null, addsEnd = null, prefix = null, legacy = null;
        List<AddedToken> added = [];
        foreach (var name in (ReadOnlySpan<string>)["tokenizer_config.json", "special_tokens_map.json"])
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path)) continue;
            using var document = JsonAt.Open(path);
            var json = new JsonAt(document.RootElement, path, "$");
            begin ??= Named(json, "bos_token");
            end ??= Named(json, "eos_token");
            addsBegin ??= json.Find("add_bos_token")?.Bool();
            addsEnd ??= json.Find("add_eos_token")?.Bool();
            prefix ??= json.Find("add_prefix_space")?.Bool();
            legacy ??= json.Find("legacy")?.Bool();
            if (json.Find("added_tokens_decoder") is { } list) added.AddRange(list.Members().Select(member => ReadAdded(member.Name, member.Value)));
        }
        return new TokenizerConfig(begin, end, addsBegin, addsEnd, prefix, legacy, added);
    }

    /// <summary>As a text or as {"content": …}.</summary>
    static string? Named(JsonAt json, string name) => json.Find(name) is not { } token ? null : token.IsText ? token.Text() : token["content"].Text();

    static AddedToken ReadAdded(string id, JsonAt json) =>
        int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? AddedToken.Read(json, number)
            : throw json.Wrong("stands under a name that is no id.");
}
