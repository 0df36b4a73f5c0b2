using System.Text.Json;
using System.Text.RegularExpressions;
using Grafting.Core.Checkpoints;
using Grafting.Core.Text;

namespace Grafting.Core.Transfer.Export;

/// <param name="Text">As a prompt spells it.</param>
public sealed record PictureToken(string Text, int Id);

/// <summary>
/// Tokens of the vocabulary that stand for a picture in a prompt. The vocabulary is never enlarged: they are special tokens that neither
/// the chat template nor the model's settings use.
/// </summary>
/// <param name="Image">Stands at every position of a picture.</param>
/// <param name="Start">Its embedding becomes the vector before a picture; null where there is no boundary.</param>
/// <param name="End">Its embedding becomes the vector after a picture; null where there is no boundary.</param>
public sealed partial record PictureTokens(PictureToken Image, PictureToken? Start, PictureToken? End)
{
    /// <summary>What a prompt holds for a picture; a processor repeats the image token in it.</summary>
    public string Picture => $"{Start?.Text}{Image.Text}{End?.Text}";

    const int MaxBytes = 64 << 20;
    const int Shown = 6;

    // Made for pictures; then what Llama 3 has (conventions of the paper's code).
    static readonly string[] Pictures = ["<image>", "<|image_pad|>", "<|image|>", "<image_soft_token>", "<|reserved_special_token_0|>"];
    static readonly (string Start, string End)[] Boundaries = [("<|vision_start|>", "<|vision_end|>")];

    /// <param name="model">Folder of tokenizer and settings.</param>
    /// <param name="rows">Of the model's embedding table.</param>
    /// <param name="image">What the user wants for <see cref="Image"/>; null chooses.</param>
    /// <param name="boundary">What the user wants for start and end; null chooses.</param>
    /// <exception cref="GraftException">Of kind Input: there is no such token, or none that is free.</exception>
    public static PictureTokens Choose(
        Tokenizer tokenizer, ChatTemplate template, string model, int rows, bool hasBoundary, string? image,
        (string Start, string End)? boundary)
    {
        if (boundary is not null && !hasBoundary)
            throw Fault.Usage("--boundary-tokens was given, and the encoder has no boundary vectors.", "Leave it out.");
        var settings = Settings(model);
        var free = Free(tokenizer, template, settings, rows);
        var own = Named(settings.FirstOrDefault(s => s.Key == "image_token").Value);
        if (image is not null && own is not null && own != image)
        {
            throw Fault.Input(
                $"the tokenizer in {model} names {Printable.Quote(own)} as its image_token, which a processor takes whatever else is "
                    + $"written; --image-token is {Printable.Quote(image)}.",
                $"Use --image-token {own}, or change tokenizer_config.json.");
        }
        var chosen = image ?? own;
        var wished = chosen is not null
            ? Require(chosen, tokenizer, free, "--image-token", [])
            : Pictures.Select(name => free.GetValueOrDefault(name)).FirstOrDefault(token => token is not null)
                ?? Reserved(free, []).FirstOrDefault()
                ?? throw None(model, free, "a picture", "--image-token TOKEN");
        if (!hasBoundary) return new(wished, null, null);
        if (boundary is { } pair)
        {
            var before = Require(pair.Start, tokenizer, free, "--boundary-tokens", [wished]);
            return new(wished, before, Require(pair.End, tokenizer, free, "--boundary-tokens", [wished, before]));
        }
        foreach (var (first, last) in Boundaries)
            if (free.TryGetValue(first, out var start) && free.TryGetValue(last, out var end)) return new(wished, start, end);
        return Reserved(free, [wished]).Take(2).ToArray() is [var s, var e] ? new(wished, s, e)
            : throw None(model, free, "the two vectors around a picture", "--boundary-tokens START,END");
    }

    /// <summary>Special tokens that nothing uses, by their text.</summary>
    static Dictionary<string, PictureToken> Free(
        Tokenizer tokenizer, ChatTemplate template, List<KeyValuePair<string, JsonElement>> settings, int rows)
    {
        var used = new HashSet<int>(template.StopIds(tokenizer));
        // With a picture: what the template writes around it is used as well.
        Turn[] turns = [new(Role.User, $"{Turn.ImageMark}\na"), new(Role.Assistant, "a"), new(Role.User, "a")];
        used.UnionWith(template.Encode(tokenizer, turns, new LabelPolicy(), addGenerationPrompt: true).Ids);
        used.UnionWith(new[] { tokenizer.BeginId, tokenizer.EndId }.OfType<int>());
        foreach (var (key, value) in settings)
        {
            if (key.EndsWith("_token", StringComparison.Ordinal) && key != "image_token" && Named(value) is { } name
                && tokenizer.IdOf(name) is { } id)
                used.Add(id);
            if (key.EndsWith("_token_id", StringComparison.Ordinal)) used.UnionWith(Ids(value));
        }
        return (from id in Enumerable.Range(0, Math.Min(rows, tokenizer.VocabularySize))
                where tokenizer.IsSpecial(id) && !used.Contains(id)
                let text = tokenizer.TokenOf(id)
                where text is not null
                select new PictureToken(text, id)).ToDictionary(token => token.Text, StringComparer.Ordinal);
    }

    static PictureToken Require(
        string text, Tokenizer tokenizer, Dictionary<string, PictureToken> free, string option, PictureToken[] taken)
    {
        var problem = tokenizer.IdOf(text) is not { } id ? "is not in the vocabulary, which is never enlarged"
            : !tokenizer.IsSpecial(id) ? "is an ordinary token, which a text may hold"
            : !free.TryGetValue(text, out var token) ? "is used by the chat template, or as a token of the tokenizer's settings"
            : taken.Contains(token) ? "was chosen for something else already" : null;
        return problem is null ? free[text] : throw Fault.Input($"{option}: {Printable.Quote(text)} {problem}.", Suggestion(free));
    }

    static IEnumerable<PictureToken> Reserved(Dictionary<string, PictureToken> free, PictureToken[] taken) =>
        free.Values.Where(token => IsReserved().IsMatch(token.Text) && !taken.Contains(token)).OrderBy(token => token.Id);

    static GraftException None(string model, Dictionary<string, PictureToken> free, string purpose, string option) => Fault.Input(
        $"the vocabulary of {model} has no special token that is known to be unused and could stand for {purpose}; it is not enlarged.",
        free.Count == 0
            ? "Add special tokens to the target first, and resize its embedding."
            : $"If one of its tokens was never trained, name it with {option}. {Suggestion(free)}");

    static string Suggestion(Dictionary<string, PictureToken> free) => free.Count == 0
        ? "The vocabulary has no special token that is unused."
        : "Special tokens that nothing uses are "
            + $"{string.Join(", ", free.Values.OrderBy(token => token.Id).Take(Shown).Select(token => token.Text))}{(free.Count > Shown ? ", …" : "")}.";

    /// <summary>What the files beside the weights name as tokens with a part to play.</summary>
    static List<KeyValuePair<string, JsonElement>> Settings(string model)
    {
        string[] files = ["tokenizer_config.json", "special_tokens_map.json", "generation_config.json", Checkpoint.ConfigName];
        return [.. from file in files
                   let path = Path.Combine(model, file)
                   where File.Exists(path)
                   from field in StrictJson.ReadObject(path, MaxBytes).EnumerateObject()
                   select KeyValuePair.Create(field.Name, field.Value)];
    }

    /// <summary>A token is written as a string, or as an object with its content.</summary>
    static string? Named(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Object =>
            value.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String ? content.GetString() : null,
        _ => null,
    };

    static IEnumerable<int> Ids(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.TryGetInt32(out var id) ? [id] : [],
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Ids),
        _ => [],
    };

    [GeneratedRegex("reserved|unused|placeholder|extra_id|control_[0-9]", RegexOptions.IgnoreCase)]
    private static partial Regex IsReserved();
}
