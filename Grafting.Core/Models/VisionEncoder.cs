using Grafting.Core.Imaging;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Models.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>
/// What is trained beside the surrogate and moved to the target: tower, adapter, and the learned vectors that mark start and end of a
/// picture in the language model's sequence, and the end of a row of its tiles.
/// </summary>
// b batch, c colour channels, h height, w width of pixels; v tokens of the adapter, l language width, n positions of all pictures
public sealed class VisionEncoder : nn.Module
{
    readonly VisionTower tower;
    readonly Adapter adapter;
    readonly Parameter? start;
    readonly Parameter? end;
    readonly Parameter? row_end;
    readonly FeatureGrid _square;

    /// <param name="tower">Becomes part of the encoder and is disposed with it.</param>
    /// <param name="adapter">Becomes part of the encoder and is disposed with it.</param>
    /// <param name="boundary">Whether learned vectors stand before and after a picture, as in the paper; LLaVA has none.</param>
    /// <param name="tiling">How pictures are cut into tiles; null: each is one square.</param>
    public VisionEncoder(VisionTower tower, Adapter adapter, bool boundary = true, Tiling? tiling = null) : base(nameof(VisionEncoder))
    {
        if (adapter.Config.VisionWidth != tower.Width)
            throw Fault.Usage($"The adapter takes {adapter.Config.VisionWidth} features per token; the tower gives {tower.Width}.");
        _square = adapter.Config.Output(FeatureGrid.Of(tower));
        Tiling = tiling is null ? null : Check(tiling, adapter.Config, _square);
        Positions = new PicturePositions(_square, Tiling, boundary);
        this.tower = tower;
        this.adapter = adapter;
        if (boundary)
        {
            start = Parameters.Empty(tower.Device, tower.DType, adapter.Config.LanguageWidth);
            end = Parameters.Empty(tower.Device, tower.DType, adapter.Config.LanguageWidth);
        }
        row_end = Tiling is { RowEnd: true } ? Parameters.Empty(tower.Device, tower.DType, adapter.Config.LanguageWidth) : null;
        RegisterComponents();
    }

    public VisionTower Tower => tower;

    public Adapter Adapter => adapter;

    /// <summary>How pictures are cut into tiles; null: each is one square.</summary>
    public Tiling? Tiling { get; }

    /// <summary>The vectors before and after a picture, [language width] each; null where there are none.</summary>
    public (Parameter Start, Parameter End)? Boundary => start is null || end is null ? null : (start, end);

    /// <summary>The vector after each row of a picture's tiles, [language width]; null where there are no such rows.</summary>
    public Parameter? RowEnd => row_end;

    /// <summary>Positions that one square takes in the language model's sequence, the boundary included.</summary>
    public int Tokens => _square.Tokens + (Boundary is null ? 0 : 2);

    /// <summary>Positions that pictures take, the boundary included.</summary>
    public PicturePositions Positions { get; }

    /// <summary>Names of the parameters on disk: LLaVA's for tower and adapter, our own for the boundary.</summary>
    public KeyMap Keys => tower.Keys.Under("tower.", "vision_tower.")
        .With(adapter.Keys.Under("adapter.", "multi_modal_projector."))
        .With(new([("start", "image_boundary.start"), ("end", "image_boundary.end"), ("row_end", "image_boundary.row_end")]));

    /// <param name="pixels_bchw">Preprocessed squares in the tower's dtype, each a picture of its own.</param>
    /// <returns>[b, <see cref="Tokens"/>, l]: start vector, picture, end vector; without a boundary the picture alone.</returns>
    public Tensor forward(Tensor pixels_bchw)
    {
        using var scope = NewDisposeScope();
        var picture_bvl = adapter.forward(tower.forward(pixels_bchw));
        if (start is null || end is null) return picture_bvl.MoveToOuterDisposeScope();
        var (b, l) = (picture_bvl.shape[0], picture_bvl.shape[2]);
        return torch.cat([start.expand(b, 1, l), picture_bvl, end.expand(b, 1, l)], 1).MoveToOuterDisposeScope();
    }

    /// <summary>Pictures as they stand in conversations, one after another.</summary>
    /// <param name="pixels_bchw">
    /// Preprocessed squares of all pictures in the tower's dtype, in the order of <see cref="PreparedPicture"/>.
    /// </param>
    /// <param name="layouts">How each picture was cut; not read where pictures are not cut.</param>
    /// <returns>[n, l], as many for each picture as <see cref="Positions"/> says.</returns>
    public Tensor forward(Tensor pixels_bchw, IReadOnlyList<PictureLayout> layouts)
    {
        using var scope = NewDisposeScope();
        if (Tiling is null)
        {
            var pictures_bvl = forward(pixels_bchw);
            return pictures_bvl.reshape(-1, pictures_bvl.shape[2]).MoveToOuterDisposeScope();
        }
        var squares_bvl = adapter.forward(tower.forward(pixels_bchw));
        var l = squares_bvl.shape[2];
        List<Tensor> table =
        [
            squares_bvl.reshape(-1, l), .. new[] { start, end, row_end }.OfType<Parameter>().Select(vector => vector.view(1, l)),
        ];
        var rows_n = torch.tensor(Positions.Gather(layouts, squares_bvl.shape[0]), device: tower.Device);
        return torch.cat(table, 0).index_select(0, rows_n).MoveToOuterDisposeScope();
    }

    /// <summary>Fills adapter and boundary vectors from a seed; the tower keeps what it was loaded with.</summary>
    public void InitialiseBridge(ulong seed)
    {
        adapter.Initialise(seed);
        var initialiser = new Initialiser(seed);
        // The paper's spread: a vector of about unit length.
        var deviation = Math.Pow(adapter.Config.LanguageWidth, -0.5);
        foreach (var (name, vector) in new[] { (nameof(start), start), (nameof(end), end), (nameof(row_end), row_end) })
            if (vector is not null) initialiser.Normal(name, vector, deviation);
    }

    static Tiling Check(Tiling tiling, AdapterConfig adapter, FeatureGrid square)
    {
        if (tiling.Validate().RowEnd && square.ClassTokens > 0)
        {
            throw Fault.Usage(
                "with tiles.rowEnd the features of all tiles are laid together as one map, and the class token, which features.keepClass "
                    + "keeps, has no place in it.",
                "Set features.keepClass to false, or tiles.rowEnd to false.");
        }
        if (tiling.Unpad && !adapter.KeepsGrid)
        {
            throw Fault.Usage(
                $"tiles.unpad is true, and an adapter of kind '{adapter.Settings.Kind}' gives tokens that lie in no rows and columns.",
                "Set tiles.unpad to false, or choose another adapter.");
        }
        return tiling;
    }
}
