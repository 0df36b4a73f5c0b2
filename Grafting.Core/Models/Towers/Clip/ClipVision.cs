using Grafting.Core.Models.Layers;
using Grafting.Core.Numerics;
using TorchSharp;
using TorchSharp.Modules;
using LayerNorm = Grafting.Core.Models.Layers.LayerNorm;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Towers.Clip;

/// <summary>CLIP's vision transformer: patches and a class token, learned positions, a norm before the blocks and one after.</summary>
/// <remarks>Checked value by value and gradient by gradient against transformers' <c>modeling_clip.py</c>.</remarks>
// b batch, c colour channels, t tokens, d features
public sealed class ClipVision : VisionTransformer
{
    readonly Parameter class_token;
    readonly PatchEmbedding patches;
    readonly Parameter positions;
    readonly LayerNorm pre_norm;
    readonly ModuleList<TowerBlock> blocks;
    readonly LayerNorm post_norm;
    readonly ClipVisionConfig _config;

    internal ClipVision(ClipVisionConfig config, FeaturePath path, Device device, ScalarType dtype)
        : base(nameof(ClipVision), config, path, device, dtype)
    {
        _config = config;
        class_token = Parameters.Empty(device, dtype, config.Width);
        patches = new(config.PatchSize, config.Width, hasBias: false, device, dtype);
        positions = Parameters.Empty(device, dtype, config.Shape.Tokens, config.Width);
        pre_norm = new(config.Width, config.NormEpsilon, device, dtype);
        var block = new TowerBlockConfig(config.Width, config.FeedForwardWidth, config.Heads, config.Activation, config.NormEpsilon);
        blocks = new([.. Enumerable.Range(0, config.Layers).Select(_ => new TowerBlock(block, device, dtype))]);
        post_norm = new(config.Width, config.NormEpsilon, device, dtype);
        RegisterComponents();
    }

    public override Parameter Positions => positions;

    public override KeyMap Keys => ClipVisionKeys.Map();

    private protected override IReadOnlyList<TowerBlock> Stack => [.. blocks];

    private protected override LayerNorm LastNorm => post_norm;

    private protected override bool EndsNormed => false;

    /// <inheritdoc/>
    /// <remarks>The class token behind the last norm.</remarks>
    public override Tensor pool(Tensor lastHiddenState_btd) => post_norm.forward(lastHiddenState_btd.select(1, 0));

    private protected override Tensor Embed(Tensor pixels_bchw, Tensor positions)
    {
        var classes = class_token.expand(pixels_bchw.shape[0], 1, Width);
        return pre_norm.forward(torch.cat([classes, patches.forward(pixels_bchw)], 1).add(positions, Scalars.One));
    }

    /// <inheritdoc/>
    /// <remarks>As transformers does (<c>CLIPPreTrainedModel._init_weights</c>): deviations fall with width and depth.</remarks>
    public override void Initialise(ulong seed)
    {
        var initialiser = new Initialiser(seed);
        var byWidth = Math.Pow(Width, -0.5);
        var intoResidual = byWidth * Math.Pow(2 * _config.Layers, -0.5);
        foreach (var (name, parameter) in named_parameters())
        {
            if (name.EndsWith(".bias", StringComparison.Ordinal)) Initialiser.Constant(parameter, 0);
            else if (name.EndsWith("norm.weight", StringComparison.Ordinal)) Initialiser.Constant(parameter, 1);
            else initialiser.Normal(name, parameter, Deviation(name.Split('.')));
        }

        double Deviation(string[] path) => path switch
        {
            [.., "query" or "key" or "value" or "down", "weight"] => intoResidual,
            [.., "output", "weight"] or ["class_token"] => byWidth,
            [.., "up", "weight"] => Math.Pow(2 * Width, -0.5),
            _ => _config.InitialiserRange,
        };
    }
}
