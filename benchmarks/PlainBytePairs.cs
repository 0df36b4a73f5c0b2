using System.Text.Json;
using System.Text.RegularExpressions;
using Grafting.Core.Text;

namespace Grafting.Benchmarks;

/// <summary>
/// The baseline: byte-level byte pairs as one writes them at first, with .NET's own regular expressions (which are wrong outside the basic
/// plane), texts as keys, and all pairs looked through again after every merge.
/// </summary>
sealed class PlainBytePairs
{
    readonly Regex expression;
    readonly Dictionary<string, int> vocabulary = [];
    readonly Dictionary<(string, string), int> ranks = [];
    readonly bool ignoresMerges;

    public PlainBytePairs(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        var model = document.RootElement.GetProperty("model");
        foreach (var token in model.GetProperty("vocab").EnumerateObject()) vocabulary[token.Name] = token.Value.GetInt32();
        foreach (var merge in model.GetProperty("merges").EnumerateArray())
        {
            string[] halves = merge.ValueKind == JsonValueKind.String
                ? merge.GetString()!.Split(' ')
                : [.. merge.EnumerateArray().Select(half => half.GetString()!)];
            ranks[(halves[0], halves[1])] = ranks.Count;
        }
        ignoresMerges = model.TryGetProperty("ignore_merges", out var ignore) && ignore.ValueKind == JsonValueKind.True;
        expression = new Regex(PatternOf(document.RootElement.GetProperty("pre_tokenizer")), RegexOptions.Compiled);
    }

    static string PatternOf(JsonElement splitter) =>
        splitter.TryGetProperty("pretokenizers", out var parts) && parts[0].TryGetProperty("pattern", out var pattern)
            ? pattern.GetProperty("Regex").GetString()!
            : @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    public List<int> Encode(string text)
    {
        List<int> ids = [];
        foreach (var piece in expression.EnumerateMatches(text)) Encode(ByteAlphabet.Spell(text.AsSpan(piece.Index, piece.Length)), ids);
        return ids;
    }

    void Encode(string piece, List<int> ids)
    {
        if (ignoresMerges && vocabulary.TryGetValue(piece, out var whole))
        {
            ids.Add(whole);
            return;
        }
        var parts = piece.Select(character => character.ToString()).ToList();
        while (parts.Count > 1)
        {
            var (best, at) = (int.MaxValue, -1);
            for (var i = 0; i + 1 < parts.Count; i++)
                if (ranks.TryGetValue((parts[i], parts[i + 1]), out var rank) && rank < best) (best, at) = (rank, i);
            if (at < 0) break;
            parts[at] += parts[at + 1];
            parts.RemoveAt(at + 1);
        }
        foreach (var part in parts) ids.Add(vocabulary[part]);
    }
}
