using System.Globalization;

namespace Grafting.Surrogates;

/// <summary>A cut that was published with results: the ranges in the configurations of "Zero-shot vision encoder grafting".</summary>
public sealed record PublishedCut(string Target, string ModelType, int TargetLayers, int Width, LayerRange Replaced)
{
    /// <summary>Decoder layers of that surrogate, which has one translator.</summary>
    public int Layers => TargetLayers - Replaced.Count + 1;

    public double KeptFraction => (double)Layers / TargetLayers;

    /// <summary>Whether it was published for a target of this very shape.</summary>
    public bool IsFor(TargetShape shape) => ModelType == shape.ModelType && TargetLayers == shape.Layers && Width == shape.Width;
}

static class PublishedCuts
{
    static readonly PublishedCut[] All =
    [
        new("Llama-3.2-3B-Instruct", "llama", 28, 3072, new(16, 26)),
        new("Llama-3.1-8B-Instruct", "llama", 32, 4096, new(17, 30)),
        new("Llama-3.1-70B-Instruct", "llama", 80, 8192, new(40, 78)),
        new("Qwen3-4B", "qwen3", 36, 2560, new(22, 34)),
    ];

    /// <summary>The cut published for this very shape, else the one of the target with the most similar depth.</summary>
    public static PublishedCut Nearest(TargetShape shape) => All
        .OrderByDescending(cut => cut.IsFor(shape))
        .ThenBy(cut => Math.Abs(cut.TargetLayers - shape.Layers))
        .First();

    /// <summary>A sentence when the cut goes deeper than anything that was published, or than what was published for this target.</summary>
    public static string? Warning(TargetShape shape, int layers)
    {
        var nearest = Nearest(shape);
        var limit = nearest.IsFor(shape) ? nearest.KeptFraction : All.Min(cut => cut.KeptFraction);
        var kept = (double)layers / shape.Layers;
        if (kept >= limit) return null;
        var than = nearest.IsFor(shape) ? "the published surrogate of this target" : "any published surrogate";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"keeps {layers} of {shape.Layers} layers ({kept:P0}), fewer than {than}; nothing is known about grafts from such a cut. The "
                + $"nearest published one is {nearest.Target}: {nearest.Layers} of {nearest.TargetLayers} layers "
                + $"({nearest.KeptFraction:P0}; --layers {nearest.Layers}, --replace {nearest.Replaced}).");
    }
}
