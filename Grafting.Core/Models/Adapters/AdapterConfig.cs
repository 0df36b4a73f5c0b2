using static TorchSharp.torch;

namespace Grafting.Core.Models.Adapters;

/// <summary>
/// What an adapter is made of. A new kind is a folder or file with its configuration and module, and one line in
/// <see cref="AdapterKinds"/>.
/// </summary>
/// <param name="VisionWidth">Features per token leaving the tower, e.g. 1024 for CLIP ViT-L/14.</param>
/// <param name="LanguageWidth">Residual width of the language model, e.g. 8192 for Llama 70B.</param>
public abstract record AdapterConfig(int VisionWidth, int LanguageWidth)
{
    /// <summary>The same as a recipe and a bundle say it; the widths are the models'.</summary>
    public abstract AdapterSettings Settings { get; }

    /// <summary>Whether what comes out lies in rows and columns as the picture does.</summary>
    public virtual bool KeepsGrid => true;

    /// <summary>Numbers in all parameters.</summary>
    public abstract long Parameters { get; }

    /// <summary>What comes out for one square.</summary>
    /// <exception cref="GraftException">Usage, when these features do not fit the adapter.</exception>
    public abstract FeatureGrid Output(FeatureGrid features);

    /// <summary>An adapter with undefined parameters.</summary>
    /// <exception cref="GraftException">Usage, when these features do not fit the adapter.</exception>
    public abstract Adapter Build(FeatureGrid features, Device device, ScalarType dtype);

    /// <summary>Everything that multiplies, from the features on, for one square.</summary>
    public abstract IReadOnlyList<AdapterPlace> Places(FeatureGrid features);

    /// <summary>Numbers that training keeps of one square until the gradient comes back, the features themselves aside.</summary>
    public abstract long KeptNumbers(FeatureGrid features);

    private protected void CheckWidths()
    {
        Fault.IfOutside(VisionWidth, 1, 1 << 16);
        Fault.IfOutside(LanguageWidth, 1, 1 << 16);
    }
}

/// <summary>Matrices of an adapter through which the same vectors pass.</summary>
/// <param name="Parameters">Beginnings of the names of their parameters in the module.</param>
/// <param name="Weights">In the matrices; 0 for learned vectors, which only start a gradient.</param>
/// <param name="Vectors">That pass through for one square.</param>
/// <param name="PairWidth">Pairs that attention compares for one square, times the width of all heads.</param>
/// <param name="ReadsFeatures">Whether the vectors are the tower's features and not what the adapter has made.</param>
public sealed record AdapterPlace(
    IReadOnlyList<string> Parameters, double Weights, double Vectors, double PairWidth = 0, bool ReadsFeatures = false);
