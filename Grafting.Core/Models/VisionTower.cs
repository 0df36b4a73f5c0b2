using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>Sizes of a tower that others build on.</summary>
/// <param name="Width">Features per token.</param>
/// <param name="FeedForwardWidth">Inner width of the feed-forward parts.</param>
/// <param name="ImageSize">Side of the square pictures, in pixels.</param>
/// <param name="PatchSize">Side of a patch, in pixels.</param>
/// <param name="ClassTokens">Tokens before the patches: 1 with a class token, else 0.</param>
public sealed record TowerShape(int Width, int FeedForwardWidth, int Layers, int Heads, int ImageSize, int PatchSize, int ClassTokens = 1)
{
    /// <summary>RGB.</summary>
    public const int Channels = 3;

    /// <summary>Patches of one picture.</summary>
    public int Patches => ImageSize / PatchSize * (ImageSize / PatchSize);

    /// <summary>Tokens that pass through the blocks.</summary>
    public int Tokens => Patches + ClassTokens;
}

/// <summary>What a tower is made of, as its family's <c>config.json</c> says it.</summary>
public abstract record VisionTowerConfig
{
    public abstract string ModelType { get; }

    public abstract TowerShape Shape { get; }

    /// <summary>Numbers in all parameters of the tower; counted on an outline without memory.</summary>
    public long CountParameters()
    {
        using var outline = Build(new FeaturePath(Layer: 0, PostNorm: false, KeepClass: false), META, ScalarType.Float32);
        return outline.parameters().Sum(parameter => parameter.numel());
    }

    /// <summary>A tower with undefined parameters that returns the features of a path.</summary>
    public abstract VisionTower Build(FeaturePath path, Device device, ScalarType dtype);

    /// <summary>The tower's <c>config.json</c>.</summary>
    public abstract JsonObject ToJson(ScalarType dtype);
}

/// <summary>Turns pictures into a sequence of features.</summary>
// b batch, c colour channels, h height, w width
public abstract class VisionTower(string name) : nn.Module(name)
{
    public abstract VisionTowerConfig Config { get; }

    public abstract FeaturePath Path { get; }

    /// <summary>Features per token.</summary>
    public abstract int Width { get; }

    /// <summary>Tokens per picture, as the feature path leaves them.</summary>
    public abstract int Tokens { get; }

    /// <summary>Side of the square pictures that it takes, in pixels.</summary>
    public int ImageSize => Config.Shape.ImageSize;

    /// <summary>The blocks, first to last, those beyond the feature path included.</summary>
    public abstract IReadOnlyList<nn.Module> Blocks { get; }

    /// <summary>The final norm where the feature path uses it, else null.</summary>
    public abstract nn.Module? PostNorm { get; }

    /// <summary>Names of the parameters in a Hugging Face checkpoint, with the level <c>vision_model.</c>.</summary>
    public abstract KeyMap Keys { get; }

    public abstract Device Device { get; }

    public abstract ScalarType DType { get; }

    /// <param name="pixels_bchw">Preprocessed pictures in the tower's dtype.</param>
    /// <param name="hiddenStates">Receives the input of the first block and the output of every block that ran.</param>
    /// <returns>[b, <see cref="Tokens"/>, <see cref="Width"/>]</returns>
    public abstract Tensor forward(Tensor pixels_bchw, ICollection<Tensor>? hiddenStates = null);

    /// <summary>Fills every parameter from a seed, for training from scratch.</summary>
    public abstract void Initialise(ulong seed);
}
