using static TorchSharp.torch;

namespace Grafting.Core.Models.Adapters;

/// <summary>
/// Learned queries that read the features by cross-attention, in the manner of Flamingo's Perceiver resampler: as many tokens as queries,
/// whatever the picture.
/// </summary>
/// <param name="Queries">Tokens that come out.</param>
/// <param name="Heads">Of the attention; divides the vision width, in which the queries live.</param>
/// <param name="Depth">Layers of attention and feed-forward part.</param>
public sealed record ResamplerConfig(
    int VisionWidth, int LanguageWidth, int Queries, int Heads, int Depth = 2) : AdapterConfig(VisionWidth, LanguageWidth)
{
    public const string Kind = "resampler";

    /// <summary>Of every norm.</summary>
    internal const double NormEpsilon = 1e-5;

    /// <summary>Width of the feed-forward parts, by that of the queries.</summary>
    internal const int Expansion = 4;

    public override AdapterSettings Settings => new() { Kind = Kind, Depth = Depth, Queries = Queries, Heads = Heads };

    public override bool KeepsGrid => false;

    public override long Parameters
    {
        get
        {
            var square = (long)VisionWidth * VisionWidth;
            // Four matrices with biases, two of the feed-forward part with theirs, three norms; in the end a norm and the projection.
            var layer = 4 * (square + VisionWidth) + 2 * Expansion * square + (Expansion + 1) * VisionWidth + 3 * 2 * VisionWidth;
            return (long)Queries * VisionWidth + Depth * layer + 2 * VisionWidth + ((long)VisionWidth + 1) * LanguageWidth;
        }
    }

    /// <summary>One row of tokens: where in the picture each of them looks is its own affair.</summary>
    public override FeatureGrid Output(FeatureGrid features) => new(1, Queries);

    public override Adapter Build(FeatureGrid features, Device device, ScalarType dtype) => new Resampler(Validate(), device, dtype);

    public override IReadOnlyList<AdapterPlace> Places(FeatureGrid features)
    {
        var square = (double)VisionWidth * VisionWidth;
        List<AdapterPlace> places = [new(["queries"], 0, 0)];
        for (var i = 0; i < Depth; i++)
        {
            var layer = $"layers.{i}.";
            places.Add(new([layer + "feature_norm.", layer + "key.", layer + "value."], 2 * square, features.Tokens, ReadsFeatures: true));
            places.Add(new(
                [layer + "query_norm.", layer + "query.", layer + "output."], 2 * square, Queries,
                PairWidth: (double)Queries * features.Tokens * VisionWidth));
            places.Add(new([layer + "feed_forward_norm.", layer + "up.", layer + "down."], 2 * Expansion * square, Queries));
        }
        places.Add(new(["norm.", "projection."], (double)VisionWidth * LanguageWidth, Queries));
        return places;
    }

    /// <summary>
    /// By layer: normed features, keys and values; of the queries both norms' inputs and outputs, the query, what attention gave, and the
    /// feed-forward part's inside before and after GELU; the attention weights. In the end the last norm's input and output.
    /// </summary>
    public override long KeptNumbers(FeatureGrid features)
    {
        var (read, own) = ((long)features.Tokens * VisionWidth, (long)Queries * VisionWidth);
        return Depth * (3 * read + (6 + 2 * Expansion) * own + (long)Heads * Queries * features.Tokens) + 2 * own;
    }

    public ResamplerConfig Validate()
    {
        CheckWidths();
        Fault.IfOutside(Queries, 1, 4096);
        Fault.IfOutside(Heads, 1, 256);
        Fault.IfOutside(Depth, 1, 16);
        if (VisionWidth % Heads != 0)
        {
            throw Fault.Usage(
                $"adapter.heads is {Heads}; the tower's width of {VisionWidth} cannot be shared by so many heads evenly.",
                $"Give a divisor of {VisionWidth}.");
        }
        return this;
    }
}
