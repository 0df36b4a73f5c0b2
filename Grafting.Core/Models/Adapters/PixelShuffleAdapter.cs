using static TorchSharp.torch;

namespace Grafting.Core.Models.Adapters;

/// <summary>Neighbouring features side by side, then linear layers: factor² times fewer tokens, and nothing lost before the first layer.</summary>
/// <param name="Factor">Side of the square of features that become one token.</param>
/// <param name="Depth">Linear layers with a GELU between them.</param>
public sealed record PixelShuffleConfig(int VisionWidth, int LanguageWidth, int Factor, int Depth = 2) : AdapterConfig(VisionWidth, LanguageWidth)
{
    public const string Kind = "pixelShuffle";

    /// <summary>The linear layers, which read the joined features.</summary>
    internal MlpAdapterConfig Mlp => new(VisionWidth * Factor * Factor, LanguageWidth, Depth);

    public override AdapterSettings Settings => new() { Kind = Kind, Depth = Depth, Factor = Factor };

    public override long Parameters => Mlp.Parameters;

    public override FeatureGrid Output(FeatureGrid features) => FeatureCells.Of(Kind, features, Factor);

    public override Adapter Build(FeatureGrid features, Device device, ScalarType dtype) => new PixelShuffleAdapter(Validate(), features, device, dtype);

    public override IReadOnlyList<AdapterPlace> Places(FeatureGrid features) => Mlp.Places(Output(features).Tokens, "mlp.");

    /// <summary>The joined features are a copy, and the first layer's input.</summary>
    public override long KeptNumbers(FeatureGrid features) => (long)features.Tokens * VisionWidth + Mlp.KeptNumbers(Output(features));

    public PixelShuffleConfig Validate()
    {
        CheckWidths();
        Fault.IfOutside(Factor, 2, 16);
        Mlp.Validate();
        return this;
    }
}

/// <summary>
/// Features of a cell of factor x factor patches are laid side by side, row by row in the cell and from left to right, as transformers'
/// <c>pixel_shuffle</c> of Idefics3 (scale_factor = factor) and of InternVL (scale_factor = 1/factor) do, which agree; an MLP follows.
/// </summary>
// b squares, r and c rows and columns of cells, k factor, w vision width, n cells
public sealed class PixelShuffleAdapter : Adapter
{
    readonly MlpAdapter mlp;
    readonly FeatureGrid _cells;

    public PixelShuffleAdapter(PixelShuffleConfig config, FeatureGrid features, Device device, ScalarType dtype) : base(nameof(PixelShuffleAdapter))
    {
        Config = config;
        _cells = config.Output(features);
        mlp = new(config.Mlp, device, dtype);
        RegisterComponents();
    }

    public override PixelShuffleConfig Config { get; }

    /// <summary><c>linear_1</c>, <c>linear_2</c>, …</summary>
    public override KeyMap Keys => mlp.Keys.Under("mlp.", "");

    public override Tensor forward(Tensor features_bvw)
    {
        using var scope = NewDisposeScope();
        var (b, k, w) = (features_bvw.shape[0], Config.Factor, Config.VisionWidth);
        var joined_bnkkw = features_bvw.reshape(b, _cells.Rows, k, _cells.Columns, k, w).permute(0, 1, 3, 2, 4, 5).reshape(b, _cells.Tokens, k * k * w);
        return mlp.forward(joined_bnkkw).MoveToOuterDisposeScope();
    }

    public override void Initialise(ulong seed) => mlp.Initialise(seed);
}
