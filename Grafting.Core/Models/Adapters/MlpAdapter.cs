using Grafting.Core.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Adapters;

/// <summary>Bridge from vision width to language width.</summary>
/// <param name="VisionWidth">Features per token leaving the tower, e.g. 1024 for CLIP ViT-L/14.</param>
/// <param name="LanguageWidth">Residual width of the language model, e.g. 8192 for Llama 70B.</param>
/// <param name="Depth">Linear layers with a GELU between them; 2 matches the paper and LLaVA-1.5, 1 is a plain projection.</param>
public sealed record MlpAdapterConfig(int VisionWidth, int LanguageWidth, int Depth = 2)
{
    public MlpAdapterConfig Validate()
    {
        Fault.IfOutside(VisionWidth, 1, 1 << 16);
        Fault.IfOutside(LanguageWidth, 1, 1 << 16);
        Fault.IfOutside(Depth, 1, 4);
        return this;
    }
}

/// <summary>Linear, then GELU and Linear as often as the depth asks. Hugging Face calls it the multi-modal projector.</summary>
public sealed class MlpAdapter : nn.Module
{
    readonly ModuleList<Dense> layers;

    public MlpAdapter(MlpAdapterConfig config, Device device, ScalarType dtype) : base(nameof(MlpAdapter))
    {
        Config = config.Validate();
        layers = new([.. Enumerable.Range(0, config.Depth).Select(i =>
            new Dense(i == 0 ? config.VisionWidth : config.LanguageWidth, config.LanguageWidth, hasBias: true, device, dtype))]);
        RegisterComponents();
    }

    public MlpAdapterConfig Config { get; }

    /// <summary>Names of the parameters in a LLaVA checkpoint: <c>linear_1</c>, <c>linear_2</c>.</summary>
    public KeyMap Keys => new(Enumerable.Range(0, Config.Depth).Select(i => ($"layers.{i}", $"linear_{i + 1}")));

    /// <returns>[..., language width] for features [..., vision width].</returns>
    public Tensor forward(Tensor x)
    {
        x = layers[0].forward(x);
        for (var i = 1; i < Config.Depth; i++) x = layers[i].forward(Activation.Gelu.Apply(x));
        return x;
    }

    /// <summary>Weights and biases uniform in ±1/√(inputs), as PyTorch's linear layer and so the reference begin.</summary>
    public void Initialise(ulong seed)
    {
        var initialiser = new Initialiser(seed);
        foreach (var (name, parameter) in named_parameters())
        {
            var inputs = name.StartsWith("layers.0.", StringComparison.Ordinal) ? Config.VisionWidth : Config.LanguageWidth;
            initialiser.Uniform("adapter." + name, parameter, Math.Pow(inputs, -0.5));
        }
    }
}
