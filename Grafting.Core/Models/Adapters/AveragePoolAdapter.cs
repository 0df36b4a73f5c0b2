using static TorchSharp.torch;

namespace Grafting.Core.Models.Adapters;

/// <summary>The mean of neighbouring features, then linear layers: factor² times fewer tokens.</summary>
/// <param name="Factor">Side of the square of features of which the mean is taken.</param>
/// <param name="Depth">Linear layers with a GELU between them.</param>
public sealed record AveragePoolConfig(int VisionWidth, int LanguageWidth, int Factor, int Depth = 2) : AdapterConfig(VisionWidth, LanguageWidth)
{
    public const string Kind = "averagePool";

    internal MlpAdapterConfig Mlp => new(VisionWidth, LanguageWidth, Depth);

    public override AdapterSettings Settings => new() { Kind = Kind, Depth = Depth, Factor = Factor };

    public override long Parameters => Mlp.Parameters;

    public override FeatureGrid Output(FeatureGrid features) => FeatureCells.Of(Kind, features, Factor);

    public override Adapter Build(FeatureGrid features, Device device, ScalarType dtype) => new AveragePoolAdapter(Validate(), features, device, dtype);

    public override IReadOnlyList<AdapterPlace> Places(FeatureGrid features) => Mlp.Places(Output(features).Tokens, "mlp.");

    /// <summary>The means are the first layer's input.</summary>
    public override long KeptNumbers(FeatureGrid features)
    {
        var cells = Output(features);
        return (long)cells.Tokens * VisionWidth + Mlp.KeptNumbers(cells);
    }

    public AveragePoolConfig Validate()
    {
        CheckWidths();
        Fault.IfOutside(Factor, 2, 16);
        Mlp.Validate();
        return this;
    }
}

/// <summary>Mean over cells of factor x factor patches, which adaptive average pooling is where the grid divides; an MLP follows.</summary>
// b squares, w vision width, n cells
public sealed class AveragePoolAdapter : Adapter
{
    static readonly long[] InsideCells = [2, 4];

    readonly MlpAdapter mlp;
    readonly FeatureGrid _cells;

    public AveragePoolAdapter(AveragePoolConfig config, FeatureGrid features, Device device, ScalarType dtype) : base(nameof(AveragePoolAdapter))
    {
        Config = config;
        _cells = config.Output(features);
        mlp = new(config.Mlp, device, dtype);
        RegisterComponents();
    }

    public override AveragePoolConfig Config { get; }

    /// <summary><c>linear_1</c>, <c>linear_2</c>, …</summary>
    public override KeyMap Keys => mlp.Keys.Under("mlp.", "");

    public override Tensor forward(Tensor features_bvw)
    {
        using var scope = NewDisposeScope();
        var (b, k, w) = (features_bvw.shape[0], Config.Factor, Config.VisionWidth);
        var means_bnw = features_bvw.reshape(b, _cells.Rows, k, _cells.Columns, k, w).mean(InsideCells).reshape(b, _cells.Tokens, w);
        return mlp.forward(means_bnw).MoveToOuterDisposeScope();
    }

    public override void Initialise(ulong seed) => mlp.Initialise(seed);
}
