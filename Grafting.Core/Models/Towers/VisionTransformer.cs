using Grafting.Core.Models.Layers;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Towers;

/// <summary>
/// What all vision transformers have in common: patches and perhaps other tokens go through blocks, a norm stands at the end.
/// </summary>
/// <remarks>
/// A family has its parameters and says what enters the first block; this class has none, so that names are the family's own.
/// </remarks>
// b batch, c colour channels, h height, w width of pixels; t tokens, d features
public abstract class VisionTransformer : VisionTower
{
    readonly int _blocksUsed;

    private protected VisionTransformer(
        string name, VisionTowerConfig config, FeaturePath path, Device device, ScalarType dtype) : base(name)
    {
        (Config, Path, Device, DType) = (config, path, device, dtype);
        _blocksUsed = path.BlocksUsed(config.Shape.Layers);
        if (path.KeepClass && config.Shape.ClassTokens == 0)
        {
            throw Fault.Usage(
                $"features.keepClass is true; a tower of type {config.ModelType} has no class token.",
                "Set features.keepClass to false, or leave it out.");
        }
    }

    public sealed override VisionTowerConfig Config { get; }

    public sealed override FeaturePath Path { get; }

    public sealed override Device Device { get; }

    public sealed override ScalarType DType { get; }

    public sealed override IReadOnlyList<nn.Module> Blocks => Stack;

    public sealed override nn.Module? PostNorm => Path.PostNorm ? LastNorm : null;

    private protected abstract IReadOnlyList<TowerBlock> Stack { get; }

    private protected abstract LayerNorm LastNorm { get; }

    /// <summary>Whether transformers' <c>last_hidden_state</c> is taken behind the last norm.</summary>
    private protected abstract bool EndsNormed { get; }

    /// <summary>Whether positions that are resampled for a smaller grid are averaged.</summary>
    private protected virtual bool Antialias => false;

    /// <summary>What enters the first block, [b, t, d].</summary>
    /// <param name="positions">Those of the picture's own grid.</param>
    private protected abstract Tensor Embed(Tensor pixels_bchw, Tensor positions);

    public sealed override Tensor forward(Tensor pixels_bchw, ICollection<Tensor>? hiddenStates = null, bool interpolate = false)
    {
        using var scope = NewDisposeScope();
        var features = Kept(Run(pixels_bchw, _blocksUsed, hiddenStates, interpolate));
        return (Path.PostNorm ? LastNorm.forward(features) : features).MoveToOuterDisposeScope();
    }

    public sealed override TowerOutputs forward_whole(Tensor pixels_bchw, bool interpolate = false)
    {
        using var scope = NewDisposeScope();
        var states = new List<Tensor>();
        var last = Run(pixels_bchw, Config.Shape.Layers, states, interpolate);
        // Without a norm it is the last of the states, which has been moved out already.
        if (EndsNormed) last = LastNorm.forward(last).MoveToOuterDisposeScope();
        return new(states, last, pool(last)?.MoveToOuterDisposeScope());
    }

    internal sealed override Tensor resample_positions(Tensor table, TowerShape stored)
    {
        var side = Config.Shape.PatchesPerSide;
        return PositionTable.Resample(table, stored, side, side, Antialias);
    }

    /// <returns>
    /// What the last block that runs gives, in the caller's scope or, where it is one of <paramref name="hiddenStates"/>, outside of it.
    /// </returns>
    Tensor Run(Tensor pixels_bchw, int blocks, ICollection<Tensor>? hiddenStates, bool interpolate)
    {
        Check(pixels_bchw.shape, interpolate);
        var (rows, columns) = (pixels_bchw.shape[2] / Config.Shape.PatchSize, pixels_bchw.shape[3] / Config.Shape.PatchSize);
        var hidden = Embed(pixels_bchw, PositionTable.Resample(Positions, Config.Shape, rows, columns, Antialias));
        hiddenStates?.Add(hidden.MoveToOuterDisposeScope());
        var stack = Stack;
        for (var i = 0; i < blocks; i++)
        {
            hidden = stack[i].forward(hidden);
            hiddenStates?.Add(hidden.MoveToOuterDisposeScope());
        }
        return hidden;
    }

    /// <summary>The tokens that the feature path keeps.</summary>
    Tensor Kept(Tensor hidden_btd)
    {
        var shape = Config.Shape;
        var (classes, before) = (Path.KeepClass ? shape.ClassTokens : 0, shape.ClassTokens + shape.Registers);
        if (classes == before) return hidden_btd.narrow(1, 0, hidden_btd.shape[1]);
        var patches = hidden_btd.narrow(1, before, hidden_btd.shape[1] - before);
        return classes == 0 ? patches : cat([hidden_btd.narrow(1, 0, classes), patches], 1);
    }

    void Check(long[] pixels, bool interpolate)
    {
        var (size, patch) = (ImageSize, Config.Shape.PatchSize);
        if (pixels.Length == 4 && pixels[1] == TowerShape.Channels
            && (interpolate ? pixels[2] >= patch && pixels[3] >= patch : pixels[2] == size && pixels[3] == size)) return;
        var expected = interpolate ? $"height, width], both at least {patch}," : $"{size}, {size}]";
        throw new ArgumentException($"pictures are [{string.Join(", ", pixels)}]; [batch, {TowerShape.Channels}, {expected} was expected");
    }
}
