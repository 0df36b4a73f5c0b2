using Grafting.Core.Models.Layers;
using Grafting.Core.Numerics;
using TorchSharp;
using TorchSharp.Modules;
using LayerNorm = Grafting.Core.Models.Layers.LayerNorm;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Towers.Clip;

/// <summary>CLIP's vision transformer: patches and a class token, learned positions, a norm before the blocks and one after.</summary>
/// <remarks>Checked value by value and gradient by gradient against transformers' <c>modeling_clip.py</c>.</remarks>
// b batch, c colour channels, p side of a patch, g patches per side, n patches, w width
public sealed class ClipVision : VisionTower
{
    readonly Parameter class_token;
    readonly PatchEmbedding patches;
    readonly Parameter positions;
    readonly LayerNorm pre_norm;
    readonly ModuleList<ClipBlock> blocks;
    readonly LayerNorm post_norm;
    readonly ClipVisionConfig _config;
    readonly int _blocksUsed;

    internal ClipVision(ClipVisionConfig config, FeaturePath path, Device device, ScalarType dtype) : base(nameof(ClipVision))
    {
        (_config, Path, Device, DType) = (config, path, device, dtype);
        _blocksUsed = path.BlocksUsed(config.Layers);
        class_token = Parameters.Empty(device, dtype, config.Width);
        patches = new(config.PatchSize, config.Width, device, dtype);
        positions = Parameters.Empty(device, dtype, config.Shape.Tokens, config.Width);
        pre_norm = new(config.Width, config.NormEpsilon, device, dtype);
        blocks = new([.. Enumerable.Range(0, config.Layers).Select(_ => new ClipBlock(config, device, dtype))]);
        post_norm = new(config.Width, config.NormEpsilon, device, dtype);
        RegisterComponents();
    }

    public override VisionTowerConfig Config => _config;

    public override FeaturePath Path { get; }

    public override int Width => _config.Width;

    public override int Tokens => _config.Shape.Patches + (Path.KeepClass ? 1 : 0);

    public override IReadOnlyList<nn.Module> Blocks => [.. blocks];

    public override nn.Module? PostNorm => Path.PostNorm ? post_norm : null;

    public override KeyMap Keys => ClipVisionKeys.Map();

    public override Device Device { get; }

    public override ScalarType DType { get; }

    public override Tensor forward(Tensor pixels_bchw, ICollection<Tensor>? hiddenStates = null)
    {
        var shape = pixels_bchw.shape;
        if (shape.Length != 4 || !shape.AsSpan(1).SequenceEqual([TowerShape.Channels, ImageSize, ImageSize]))
        {
            throw new ArgumentException(
                $"pictures are [{string.Join(", ", shape)}]; [batch, {TowerShape.Channels}, {ImageSize}, {ImageSize}] was expected");
        }
        using var scope = NewDisposeScope();
        var classes = class_token.expand(shape[0], 1, Width);
        var hidden = pre_norm.forward(torch.cat([classes, patches.forward(pixels_bchw)], 1).add(positions, Scalars.One));
        hiddenStates?.Add(hidden.MoveToOuterDisposeScope());
        for (var i = 0; i < _blocksUsed; i++)
        {
            hidden = blocks[i].forward(hidden);
            hiddenStates?.Add(hidden.MoveToOuterDisposeScope());
        }
        var features = hidden.narrow(1, Path.KeepClass ? 0 : 1, Tokens);
        return (Path.PostNorm ? post_norm.forward(features) : features).MoveToOuterDisposeScope();
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

/// <summary>One linear map for every patch.</summary>
internal sealed class PatchEmbedding : nn.Module
{
    readonly Parameter weight;
    readonly int _side;

    public PatchEmbedding(int side, int width, Device device, ScalarType dtype) : base(nameof(PatchEmbedding))
    {
        _side = side;
        weight = Parameters.Empty(device, dtype, width, TowerShape.Channels, side, side);
        RegisterComponents();
    }

    /// <remarks>
    /// Written as a matrix product and not as the convolution that it is: patches do not overlap, and one product over all pictures
    /// is faster on a CPU and summed in the same order whatever the batch.
    /// </remarks>
    public Tensor forward(Tensor pixels_bchw)
    {
        var (b, c, g) = (pixels_bchw.shape[0], pixels_bchw.shape[1], pixels_bchw.shape[2] / _side);
        var patches_bnp = pixels_bchw.view(b, c, g, _side, g, _side).permute(0, 2, 4, 1, 3, 5).reshape(b, g * g, c * _side * _side);
        return nn.functional.linear(patches_bnp, weight.view(weight.shape[0], -1));
    }
}
