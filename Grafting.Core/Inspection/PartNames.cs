using System.Globalization;
using System.Text.RegularExpressions;

namespace Grafting.Core.Inspection;

/// <summary>
/// Which part of a model a tensor belongs to, told by its name alone, so that it is told of models that cannot be loaded too.
/// </summary>
static partial class PartNames
{
    const string Buffers = "buffers";

    /// <summary>The way of a picture and of a word through a model; parts of other names follow as they come.</summary>
    static readonly string[] Order =
    [
        "tower embedding", "tower layers", "tower norms", "tower head", "projector", "image boundary", "embedding", "layers", "norm",
        "head",
        "text tower and projections",
    ];

    static readonly (Regex Pattern, string Part)[] OfModel =
    [
        // They follow from the configuration, and are no parameters.
        (FollowsFromConfig(), Buffers),
        (Boundary(), "image boundary"),
        (Projector(), "projector"),
        (TextSide(), "text tower and projections"),
        (Embedding(), "embedding"),
        (Head(), "head"),
        (Layer(), "layers"),
        (FinalNorm(), "norm"),
    ];

    static readonly (Regex Pattern, string Part)[] OfTower =
    [
        (FollowsFromConfig(), Buffers),
        (TextSide(), "text tower and projections"),
        (Layer(), "tower layers"),
        (TowerHead(), "tower head"),
        (AnyNorm(), "tower norms"),
        (Anything(), "tower embedding"),
    ];

    /// <param name="ofTower">Whether the model is a tower, so that its names need not say it.</param>
    public static IReadOnlyList<InspectedPart> Summarise(IReadOnlyList<InspectedTensor> tensors, bool ofTower)
    {
        var parts = from tensor in tensors
                    group tensor by Of(tensor.Name, ofTower) into part
                    orderby Array.IndexOf(Order, part.Key) is >= 0 and var place ? place : Order.Length
                    let layers = part.Select(tensor => LayerOf(tensor.Name)).ToList()
                    select new InspectedPart(
                        part.Key,
                        layers.TrueForAll(layer => layer is not null) && part.Key != Buffers ? layers.Distinct().Count() : null,
                        part.Count(),
                        part.Key == Buffers ? 0 : part.Sum(tensor => tensor.Elements),
                        part.Sum(tensor => tensor.Bytes));
        return [.. parts];
    }

    static string Of(string name, bool ofTower)
    {
        var rules = ofTower || Tower().IsMatch(name) ? OfTower : OfModel;
        foreach (var (pattern, part) in rules)
            if (pattern.IsMatch(name)) return part;
        return Numbered().Match(name) is { Success: true } numbered ? numbered.Groups["before"].Value : "other";
    }

    /// <summary>The layer that a tensor belongs to, with what stands before its number; null where it belongs to none.</summary>
    static string? LayerOf(string name) => Numbered().Match(name) is { Success: true } match
        ? string.Create(CultureInfo.InvariantCulture, $"{match.Groups["before"]}.{match.Groups["number"]}")
        : null;

    [GeneratedRegex(@"(^|\.)(rotary_emb\.inv_freq|position_ids)$")]
    private static partial Regex FollowsFromConfig();

    [GeneratedRegex(@"^image_boundary\.")]
    private static partial Regex Boundary();

    [GeneratedRegex(@"(^|\.)(multi_modal_projector|mm_projector|image_newline)(\.|$)")]
    private static partial Regex Projector();

    [GeneratedRegex(@"^(text_model\.|text_projection|visual_projection|logit_scale|logit_bias)")]
    private static partial Regex TextSide();

    [GeneratedRegex(@"(^|\.)(vision_tower|vision_model)\.")]
    private static partial Regex Tower();

    [GeneratedRegex(@"(^|\.)(embed_tokens|tok_embeddings|wte)\.weight$")]
    private static partial Regex Embedding();

    [GeneratedRegex(@"(^|\.)lm_head\.|^output\.weight$")]
    private static partial Regex Head();

    [GeneratedRegex(@"(^|\.)layers?\.[0-9]+\.")]
    private static partial Regex Layer();

    [GeneratedRegex(@"(^|\.)norm\.(weight|bias)$")]
    private static partial Regex FinalNorm();

    [GeneratedRegex(@"(^|\.)head\.")]
    private static partial Regex TowerHead();

    [GeneratedRegex(@"(^|\.)(\w*layernorm|pre_layrnorm)\.(weight|bias)$")]
    private static partial Regex AnyNorm();

    [GeneratedRegex("")]
    private static partial Regex Anything();

    [GeneratedRegex(@"^(?<before>.*?)\.(?<number>[0-9]+)\.")]
    private static partial Regex Numbered();
}
