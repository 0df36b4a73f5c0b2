using Grafting.Core.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Adapters;

/// <summary>Linear layers, feature by feature.</summary>
/// <param name="Depth">Linear layers with a GELU between them; 2 matches the paper and LLaVA-1.5, 1 is a plain projection.</param>
public sealed record MlpAdapterConfig(int VisionWidth, int LanguageWidth, int Depth = 2) : AdapterConfig(VisionWidth, LanguageWidth)
{
    public const string Kind = "mlp";

    public override AdapterSettings Settings => new() { Kind = Kind, Depth = Depth };

    public override long Parameters => Enumerable.Range(0, Depth).Sum(layer => Weights(layer) + LanguageWidth);

    public override FeatureGrid Output(FeatureGrid features) => features;

    public override Adapter Build(FeatureGrid features, Device device, ScalarType dtype) => new MlpAdapter(this, device, dtype);

    public override IReadOnlyList<AdapterPlace> Places(FeatureGrid features) => Places(features.Tokens, "");

    /// <param name="vectors">That pass through the layers.</param>
    /// <param name="within">What stands before the layers' names.</param>
    internal IReadOnlyList<AdapterPlace> Places(int vectors, string within) =>
        [.. Enumerable.Range(0, Depth)
            .Select(layer => new AdapterPlace([$"{within}layers.{layer}."], Weights(layer), vectors, ReadsFeatures: layer == 0))];

    /// <summary>Input and output of every GELU.</summary>
    public override long KeptNumbers(FeatureGrid features) => 2L * (Depth - 1) * features.Tokens * LanguageWidth;

    public MlpAdapterConfig Validate()
    {
        // Joined features are wider than any tower's.
        Fault.IfOutside(VisionWidth, 1, 1 << 24);
        Fault.IfOutside(LanguageWidth, 1, 1 << 16);
        Fault.IfOutside(Depth, 1, 16);
        return this;
    }

    long Weights(int layer) => (layer == 0 ? VisionWidth : (long)LanguageWidth) * LanguageWidth;
}

/// <summary>Linear, then GELU and Linear as often as the depth asks.</summary>
public sealed class MlpAdapter : Adapter
{
    readonly ModuleList<Dense> layers;

    public MlpAdapter(MlpAdapterConfig config, Device device, ScalarType dtype) : base(nameof(MlpAdapter))
    {
        Config = config.Validate();
        layers = new([.. Enumerable.Range(0, config.Depth).Select(i =>
            new Dense(i == 0 ? config.VisionWidth : config.LanguageWidth, config.LanguageWidth, hasBias: true, device, dtype))]);
        RegisterComponents();
    }

    public override MlpAdapterConfig Config { get; }

    /// <summary>Names of the parameters in a LLaVA checkpoint: <c>linear_1</c>, <c>linear_2</c>.</summary>
    public override KeyMap Keys => new(Enumerable.Range(0, Config.Depth).Select(i => ($"layers.{i}", $"linear_{i + 1}")));

    /// <param name="features_bvw">[..., vision width] of any other dimensions: every token is read alone.</param>
    /// <returns>[..., language width]</returns>
    public override Tensor forward(Tensor features_bvw)
    {
        var x = layers[0].forward(features_bvw);
        for (var i = 1; i < Config.Depth; i++) x = layers[i].forward(Activation.Gelu.Apply(x));
        return x;
    }

    /// <summary>Weights and biases uniform in ±1/√(inputs), as PyTorch's linear layer and so the reference begin.</summary>
    public override void Initialise(ulong seed)
    {
        var initialiser = new Initialiser(seed);
        foreach (var (name, parameter) in named_parameters())
        {
            var inputs = name.StartsWith("layers.0.", StringComparison.Ordinal) ? Config.VisionWidth : Config.LanguageWidth;
            initialiser.Uniform("adapter." + name, parameter, Math.Pow(inputs, -0.5));
        }
    }
}
