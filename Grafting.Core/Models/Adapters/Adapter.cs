using static TorchSharp.torch;

namespace Grafting.Core.Models.Adapters;

/// <summary>Bridge from a tower's features to a language model's embeddings. Hugging Face calls it the multi-modal projector.</summary>
// b squares, v features of a square, w vision width, t tokens that come out, l language width
public abstract class Adapter(string name) : nn.Module(name)
{
    public abstract AdapterConfig Config { get; }

    /// <summary>Names of the parameters on disk.</summary>
    public abstract KeyMap Keys { get; }

    /// <param name="features_bvw">In the order of the <see cref="FeatureGrid"/> for which it was built.</param>
    /// <returns>[b, t, l], t as <see cref="AdapterConfig.Output"/> says.</returns>
    public abstract Tensor forward(Tensor features_bvw);

    /// <summary>Fills every parameter from a seed.</summary>
    public abstract void Initialise(ulong seed);
}
