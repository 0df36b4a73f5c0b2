using Grafting.Core.Models.Layers;
using Grafting.Core.Numerics;
using TorchSharp;
using TorchSharp.Modules;
using LayerNorm = Grafting.Core.Models.Layers.LayerNorm;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Towers.Dinov2;

/// <summary>
/// DINOv2's vision transformer: patches and a class token with learned positions, perhaps register tokens without, blocks whose parts are
/// scaled feature by feature, a norm.
/// </summary>
/// <remarks>
/// Written after transformers' <c>modeling_dinov2.py</c> and <c>modeling_dinov2_with_registers.py</c>; checked against plain loops over
/// doubles.
/// </remarks>
public sealed class Dinov2 : VisionTransformer
{
    readonly Parameter class_token;
    readonly Parameter? registers;
    readonly PatchEmbedding patches;
    readonly Parameter positions;
    readonly ModuleList<TowerBlock> blocks;
    readonly LayerNorm post_norm;
    readonly Dinov2Config _config;

    internal Dinov2(
        Dinov2Config config, FeaturePath path, Device device, ScalarType dtype) : base(nameof(Dinov2), config, path, device, dtype)
    {
        _config = config;
        class_token = Parameters.Empty(device, dtype, 1, 1, config.Width);
        registers = config.Registers is { } count ? Parameters.Empty(device, dtype, 1, count, config.Width) : null;
        patches = new(config.PatchSize, config.Width, hasBias: true, device, dtype);
        positions = Parameters.Empty(device, dtype, 1, config.Shape.Patches + 1, config.Width);
        var block = new TowerBlockConfig(
            config.Width, config.FeedForwardWidth, config.Heads, config.Activation, config.NormEpsilon, config.QkvBias, Scaled: true,
            config.Gated);
        blocks = new([.. Enumerable.Range(0, config.Layers).Select(_ => new TowerBlock(block, device, dtype))]);
        post_norm = new(config.Width, config.NormEpsilon, device, dtype);
        RegisterComponents();
    }

    public override Parameter Positions => positions;

    public override KeyMap Keys => Dinov2Keys.Map(_config.Gated);

    private protected override IReadOnlyList<TowerBlock> Stack => [.. blocks];

    private protected override LayerNorm LastNorm => post_norm;

    private protected override bool EndsNormed => true;

    // The family with registers was published with a resampling of its own.
    private protected override bool Antialias => registers is not null;

    /// <inheritdoc/>
    /// <remarks>The class token, which is behind the last norm already.</remarks>
    public override Tensor pool(Tensor lastHiddenState_btd) => lastHiddenState_btd.select(1, 0);

    private protected override Tensor Embed(Tensor pixels_bchw, Tensor positions)
    {
        var b = pixels_bchw.shape[0];
        var placed = torch.cat([class_token.expand(b, 1, Width), patches.forward(pixels_bchw)], 1).add(positions, Scalars.One);
        if (registers is null) return placed;
        return torch.cat(
            [placed.narrow(1, 0, 1), registers.expand(b, registers.shape[1], Width), placed.narrow(1, 1, placed.shape[1] - 1)], 1);
    }

    /// <inheritdoc/>
    /// <remarks>As transformers does (<c>Dinov2PreTrainedModel._init_weights</c>), but for the tails, which it cuts off.</remarks>
    public override void Initialise(ulong seed)
    {
        var initialiser = new Initialiser(seed);
        foreach (var (name, parameter) in named_parameters())
        {
            if (name.EndsWith(".bias", StringComparison.Ordinal)) Initialiser.Constant(parameter, 0);
            else if (name.EndsWith("norm.weight", StringComparison.Ordinal)) Initialiser.Constant(parameter, 1);
            else if (name.EndsWith("_scale", StringComparison.Ordinal)) Initialiser.Constant(parameter, _config.LayerScale);
            else initialiser.Normal(name, parameter, _config.InitialiserRange);
        }
    }
}
