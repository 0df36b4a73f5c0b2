using static TorchSharp.torch;

namespace Grafting.Core.Models.Adapters;

/// <summary>Every square cell of neighbouring features becomes one vector, then linear layers: factor² times fewer tokens.</summary>
/// <param name="Factor">Side of a cell in features.</param>
/// <param name="Depth">Linear layers with a GELU between them.</param>
public abstract record CellAdapterConfig(
    int VisionWidth, int LanguageWidth, int Factor, int Depth) : AdapterConfig(VisionWidth, LanguageWidth)
{
    private protected abstract string KindName { get; }

    /// <summary>The linear layers, which read one vector per cell.</summary>
    internal abstract MlpAdapterConfig Mlp { get; }

    public override AdapterSettings Settings => new() { Kind = KindName, Depth = Depth, Factor = Factor };

    public override long Parameters => Mlp.Parameters;

    public override FeatureGrid Output(FeatureGrid features) => FeatureCells.Of(KindName, features, Factor);

    public override Adapter Build(FeatureGrid features, Device device, ScalarType dtype)
    {
        Check();
        return new CellAdapter(this, features, device, dtype);
    }

    public override IReadOnlyList<AdapterPlace> Places(FeatureGrid features) => Mlp.Places(Output(features).Tokens, "mlp.");

    /// <summary>The vectors of the cells are the first layer's input.</summary>
    public override long KeptNumbers(FeatureGrid features)
    {
        var cells = Output(features);
        return (long)cells.Tokens * Mlp.VisionWidth + Mlp.KeptNumbers(cells);
    }

    /// <param name="cells_brkckw">Squares, rows of cells, rows in a cell, columns of cells, columns in a cell, vision width.</param>
    /// <returns>The same numbers, or fewer, with those of each cell together in the order of the cells.</returns>
    internal abstract Tensor Join(Tensor cells_brkckw);

    private protected void Check()
    {
        CheckWidths();
        Fault.IfOutside(Factor, 2, 16);
        Mlp.Validate();
    }
}

/// <summary>
/// Features of a cell of factor x factor patches are laid side by side, row by row in the cell and from left to right, as transformers'
/// <c>pixel_shuffle</c> of Idefics3 (scale_factor = factor) and of InternVL (scale_factor = 1/factor) do, which agree; nothing is lost
/// before the first linear layer.
/// </summary>
public sealed record PixelShuffleConfig(int VisionWidth, int LanguageWidth, int Factor, int Depth = 2)
    : CellAdapterConfig(VisionWidth, LanguageWidth, Factor, Depth)
{
    public const string Kind = "pixelShuffle";

    private protected override string KindName => Kind;

    internal override MlpAdapterConfig Mlp => new(VisionWidth * Factor * Factor, LanguageWidth, Depth);

    internal override Tensor Join(Tensor cells_brkckw) => cells_brkckw.permute(0, 1, 3, 2, 4, 5);

    public PixelShuffleConfig Validate()
    {
        Check();
        return this;
    }
}

/// <summary>The mean over a cell of factor x factor patches, which is adaptive average pooling where the grid divides.</summary>
public sealed record AveragePoolConfig(int VisionWidth, int LanguageWidth, int Factor, int Depth = 2)
    : CellAdapterConfig(VisionWidth, LanguageWidth, Factor, Depth)
{
    public const string Kind = "averagePool";

    static readonly long[] s_insideCells = [2, 4];

    private protected override string KindName => Kind;

    internal override MlpAdapterConfig Mlp => new(VisionWidth, LanguageWidth, Depth);

    internal override Tensor Join(Tensor cells_brkckw) => cells_brkckw.mean(s_insideCells);

    public AveragePoolConfig Validate()
    {
        Check();
        return this;
    }
}

/// <summary>Joins the features of every cell as its configuration says; an MLP follows.</summary>
public sealed class CellAdapter : Adapter
{
    readonly MlpAdapter mlp;
    readonly FeatureGrid _cells;

    public CellAdapter(CellAdapterConfig config, FeatureGrid features, Device device, ScalarType dtype) : base(nameof(CellAdapter))
    {
        Config = config;
        _cells = config.Output(features);
        mlp = new(config.Mlp, device, dtype);
        RegisterComponents();
    }

    public override CellAdapterConfig Config { get; }

    /// <summary><c>linear_1</c>, <c>linear_2</c>, …</summary>
    public override KeyMap Keys => mlp.Keys.Under("mlp.", "");

    public override Tensor forward(Tensor features_bvw)
    {
        using var scope = NewDisposeScope();
        var (b, k) = (features_bvw.shape[0], Config.Factor);
        var cells_brkckw = features_bvw.reshape(b, _cells.Rows, k, _cells.Columns, k, Config.VisionWidth);
        return mlp.forward(Config.Join(cells_brkckw).reshape(b, _cells.Tokens, Config.Mlp.VisionWidth)).MoveToOuterDisposeScope();
    }

    public override void Initialise(ulong seed) => mlp.Initialise(seed);
}
