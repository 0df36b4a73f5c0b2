using Grafting.Core.Models.Layers;
using Grafting.Core.Numerics;
using TorchSharp.Modules;
using LayerNorm = Grafting.Core.Models.Layers.LayerNorm;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Towers.Siglip;

/// <summary>
/// SigLIP's vision transformer: patches with learned positions and no class token, blocks, a norm; a head pools if it is asked for.
/// </summary>
/// <remarks>Checked value by value and gradient by gradient against transformers' <c>modeling_siglip.py</c>.</remarks>
public sealed class SiglipVision : VisionTransformer
{
    readonly PatchEmbedding patches;
    readonly Parameter positions;
    readonly ModuleList<TowerBlock> blocks;
    readonly LayerNorm post_norm;
    readonly SiglipHead? head;
    readonly SiglipVisionConfig _config;

    internal SiglipVision(SiglipVisionConfig config, FeaturePath path, Device device, ScalarType dtype)
        : base(nameof(SiglipVision), config, path, device, dtype)
    {
        _config = config;
        patches = new(config.PatchSize, config.Width, hasBias: true, device, dtype);
        positions = Parameters.Empty(device, dtype, config.Shape.Tokens, config.Width);
        var block = new TowerBlockConfig(config.Width, config.FeedForwardWidth, config.Heads, config.Activation, config.NormEpsilon);
        blocks = new([.. Enumerable.Range(0, config.Layers).Select(_ => new TowerBlock(block, device, dtype))]);
        post_norm = new(config.Width, config.NormEpsilon, device, dtype);
        head = config.Head ? new(config, device, dtype) : null;
        RegisterComponents();
    }

    public override Parameter Positions => positions;

    public override KeyMap Keys => SiglipVisionKeys.Map();

    private protected override IReadOnlyList<TowerBlock> Stack => [.. blocks];

    private protected override LayerNorm LastNorm => post_norm;

    private protected override bool EndsNormed => true;

    public override Tensor? pool(Tensor lastHiddenState_btd) => head?.forward(lastHiddenState_btd);

    private protected override Tensor Embed(Tensor pixels_bchw, Tensor positions) =>
        patches.forward(pixels_bchw).add(positions, Scalars.One);

    /// <inheritdoc/>
    /// <remarks>In spread as transformers does (<c>SiglipPreTrainedModel._init_weights</c>), drawn normally.</remarks>
    public override void Initialise(ulong seed)
    {
        var initialiser = new Initialiser(seed);
        foreach (var (name, parameter) in named_parameters())
        {
            if (name.EndsWith("bias", StringComparison.Ordinal)) Initialiser.Constant(parameter, 0);
            else if (name.EndsWith("norm.weight", StringComparison.Ordinal)) Initialiser.Constant(parameter, 1);
            else initialiser.Normal(name, parameter, Deviation(name, parameter.shape));
        }

        double Deviation(string name, long[] shape) => name switch
        {
            PositionsName => Math.Pow(_config.Width, -0.5),
            "patches.weight" => Math.Pow(shape[1] * shape[2] * shape[3], -0.5),
            // Xavier's: by inputs and outputs of the matrix.
            _ => Math.Pow((shape[^1] + shape[^2]) / 2.0, -0.5),
        };
    }
}
