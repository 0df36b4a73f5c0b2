using Grafting.Core.Models.Layers;
using Grafting.Core.Numerics;
using TorchSharp.Modules;
using LayerNorm = Grafting.Core.Models.Layers.LayerNorm;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Adapters;

/// <summary>
/// Queries go through layers of cross-attention and feed-forward parts, then through a norm and a projection to the language width.
/// </summary>
public sealed class Resampler : Adapter
{
    readonly Parameter queries;
    readonly ModuleList<ResamplerLayer> layers;
    readonly LayerNorm norm;
    readonly Dense projection;

    public Resampler(ResamplerConfig config, Device device, ScalarType dtype) : base(nameof(Resampler))
    {
        Config = config.Validate();
        queries = Parameters.Empty(device, dtype, config.Queries, config.VisionWidth);
        layers = new([.. Enumerable.Range(0, config.Depth).Select(_ => new ResamplerLayer(config, device, dtype))]);
        norm = new(config.VisionWidth, ResamplerConfig.NormEpsilon, device, dtype);
        projection = new(config.VisionWidth, config.LanguageWidth, hasBias: true, device, dtype);
        RegisterComponents();
    }

    public override ResamplerConfig Config { get; }

    /// <summary>The module's own names; no published layout has this resampler.</summary>
    public override KeyMap Keys => new(
    [
        ("queries", "queries"), ("norm", "norm"), ("projection", "projection"),
        .. ResamplerLayer.Parts.Select(part => ($"layers.{{n}}.{part}", $"layers.{{n}}.{part}")),
    ]);

    public override Tensor forward(Tensor features_bvw)
    {
        using var scope = NewDisposeScope();
        var latents_bqw = queries.expand(features_bvw.shape[0], Config.Queries, Config.VisionWidth);
        foreach (var layer in layers) latents_bqw = layer.forward(latents_bqw, features_bvw);
        return projection.forward(norm.forward(latents_bqw)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Norms plain; weights and biases uniform in ±1/√(inputs), as PyTorch's linear layer begins; queries of about unit length.
    /// </summary>
    public override void Initialise(ulong seed)
    {
        var initialiser = new Initialiser(seed);
        foreach (var (name, parameter) in named_parameters())
        {
            if (name == nameof(queries))
            {
                initialiser.Normal("adapter." + name, parameter, Math.Pow(Config.VisionWidth, -0.5));
                continue;
            }
            var part = name.Split('.')[^2..];
            if (part[0].EndsWith("norm", StringComparison.Ordinal)) Initialiser.Constant(parameter, part[1] == "weight" ? 1 : 0);
            else initialiser.Uniform(
                "adapter." + name, parameter, Math.Pow(Config.VisionWidth * (part[0] == "down" ? ResamplerConfig.Expansion : 1), -0.5));
        }
    }
}

/// <summary>
/// Queries look at the features, then each thinks for itself; both parts stand behind norms and are added to the queries.
/// </summary>
// b squares, q queries, v features, h heads, d head width, w vision width
internal sealed class ResamplerLayer : nn.Module
{
    /// <summary>Names of the parts, which are those on disk too.</summary>
    public static readonly IReadOnlyList<string> Parts =
        [
            nameof(query_norm), nameof(feature_norm), nameof(query), nameof(key), nameof(value), nameof(output), nameof(feed_forward_norm),
            nameof(up), nameof(down),
        ];

    readonly LayerNorm query_norm;
    readonly LayerNorm feature_norm;
    readonly Dense query;
    readonly Dense key;
    readonly Dense value;
    readonly Dense output;
    readonly LayerNorm feed_forward_norm;
    readonly Dense up;
    readonly Dense down;
    readonly ResamplerConfig _config;

    public ResamplerLayer(ResamplerConfig config, Device device, ScalarType dtype) : base(nameof(ResamplerLayer))
    {
        _config = config;
        var (width, inner) = (config.VisionWidth, config.VisionWidth * ResamplerConfig.Expansion);
        query_norm = new(width, ResamplerConfig.NormEpsilon, device, dtype);
        feature_norm = new(width, ResamplerConfig.NormEpsilon, device, dtype);
        query = new(width, width, hasBias: true, device, dtype);
        key = new(width, width, hasBias: true, device, dtype);
        value = new(width, width, hasBias: true, device, dtype);
        output = new(width, width, hasBias: true, device, dtype);
        feed_forward_norm = new(width, ResamplerConfig.NormEpsilon, device, dtype);
        up = new(width, inner, hasBias: true, device, dtype);
        down = new(inner, width, hasBias: true, device, dtype);
        RegisterComponents();
    }

    public Tensor forward(Tensor latents_bqw, Tensor features_bvw)
    {
        using var scope = NewDisposeScope();
        var read_bvw = feature_norm.forward(features_bvw);
        var seen_bhqd = nn.functional.scaled_dot_product_attention(
            Heads(query.forward(query_norm.forward(latents_bqw))), Heads(key.forward(read_bvw)), Heads(value.forward(read_bvw)));
        var attended_bqw = latents_bqw.add(output.forward(seen_bhqd.transpose(1, 2).reshape(latents_bqw.shape)), Scalars.One);
        var inner = Activation.Gelu.Apply(up.forward(feed_forward_norm.forward(attended_bqw)));
        return attended_bqw.add(down.forward(inner), Scalars.One).MoveToOuterDisposeScope();
    }

    Tensor Heads(Tensor x_bsw) => x_bsw.view(x_bsw.shape[0], x_bsw.shape[1], _config.Heads, -1).transpose(1, 2);
}
