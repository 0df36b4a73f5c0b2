using Grafting.Core.Models.Adapters;
using Grafting.Core.Models.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>
/// What is trained beside the surrogate and moved to the target: tower, adapter, and the learned vectors that mark start and end of a
/// picture in the language model's sequence.
/// </summary>
// b batch, c colour channels, h height, w width of pixels; v tokens of the tower, l language width
public sealed class VisionEncoder : nn.Module
{
    readonly VisionTower tower;
    readonly MlpAdapter adapter;
    readonly Parameter? start;
    readonly Parameter? end;

    /// <param name="tower">Becomes part of the encoder and is disposed with it.</param>
    /// <param name="adapter">Becomes part of the encoder and is disposed with it.</param>
    /// <param name="boundary">Whether learned vectors stand before and after a picture, as in the paper; LLaVA has none.</param>
    public VisionEncoder(VisionTower tower, MlpAdapter adapter, bool boundary = true) : base(nameof(VisionEncoder))
    {
        if (adapter.Config.VisionWidth != tower.Width)
            throw Fault.Usage($"The adapter takes {adapter.Config.VisionWidth} features per token; the tower gives {tower.Width}.");
        this.tower = tower;
        this.adapter = adapter;
        if (boundary)
        {
            start = Parameters.Empty(tower.Device, tower.DType, adapter.Config.LanguageWidth);
            end = Parameters.Empty(tower.Device, tower.DType, adapter.Config.LanguageWidth);
        }
        RegisterComponents();
    }

    public VisionTower Tower => tower;

    public MlpAdapter Adapter => adapter;

    /// <summary>The vectors before and after a picture, [language width] each; null where there are none.</summary>
    public (Parameter Start, Parameter End)? Boundary => start is null || end is null ? null : (start, end);

    /// <summary>Positions that a picture takes in the language model's sequence, the boundary included.</summary>
    public int Tokens => tower.Tokens + (Boundary is null ? 0 : 2);

    /// <summary>Names of the parameters on disk: LLaVA's for tower and adapter, our own for the boundary.</summary>
    public KeyMap Keys => tower.Keys.Under("tower.", "vision_tower.")
        .With(adapter.Keys.Under("adapter.", "multi_modal_projector."))
        .With(new([("start", "image_boundary.start"), ("end", "image_boundary.end")]));

    /// <param name="pixels_bchw">Preprocessed pictures in the tower's dtype.</param>
    /// <returns>[b, <see cref="Tokens"/>, l]: start vector, picture, end vector; without a boundary the picture alone.</returns>
    public Tensor forward(Tensor pixels_bchw)
    {
        using var scope = NewDisposeScope();
        var picture_bvl = adapter.forward(tower.forward(pixels_bchw));
        if (start is null || end is null) return picture_bvl.MoveToOuterDisposeScope();
        var (b, l) = (picture_bvl.shape[0], picture_bvl.shape[2]);
        return torch.cat([start.expand(b, 1, l), picture_bvl, end.expand(b, 1, l)], 1).MoveToOuterDisposeScope();
    }

    /// <summary>Fills adapter and, where there are any, boundary vectors from a seed; the tower keeps what it was loaded with.</summary>
    public void InitialiseBridge(ulong seed)
    {
        adapter.Initialise(seed);
        if (start is null || end is null) return;
        var initialiser = new Initialiser(seed);
        // The paper's spread: a vector of about unit length.
        var deviation = Math.Pow(adapter.Config.LanguageWidth, -0.5);
        initialiser.Normal(nameof(start), start, deviation);
        initialiser.Normal(nameof(end), end, deviation);
    }
}
