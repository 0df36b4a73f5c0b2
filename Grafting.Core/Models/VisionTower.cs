using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>Turns pictures into a sequence of features.</summary>
// b batch, c colour channels, h height, w width of pixels; d features
public abstract class VisionTower(string name) : nn.Module(name)
{
    /// <summary>Name of <see cref="Positions"/> among the parameters, in every family.</summary>
    internal const string PositionsName = "positions";

    public abstract VisionTowerConfig Config { get; }

    public abstract FeaturePath Path { get; }

    /// <summary>Features per token.</summary>
    public int Width => Config.Shape.Width;

    /// <summary>Tokens per picture, as the feature path leaves them.</summary>
    public int Tokens => Config.Shape.Patches + (Path.KeepClass ? Config.Shape.ClassTokens : 0);

    /// <summary>Side of the square pictures that it takes, in pixels.</summary>
    public int ImageSize => Config.Shape.ImageSize;

    /// <summary>The blocks, first to last, those beyond the feature path included.</summary>
    public abstract IReadOnlyList<nn.Module> Blocks { get; }

    /// <summary>The final norm where the feature path uses it, else null.</summary>
    public abstract nn.Module? PostNorm { get; }

    /// <summary>The learned vector of every place, [.., class tokens + patches, d].</summary>
    public abstract Parameter Positions { get; }

    /// <summary>Names of the parameters in a Hugging Face checkpoint of the tower alone.</summary>
    public abstract KeyMap Keys { get; }

    public abstract Device Device { get; }

    public abstract ScalarType DType { get; }

    /// <param name="pixels_bchw">Preprocessed pictures in the tower's dtype.</param>
    /// <param name="hiddenStates">Receives the input of the first block and the output of every block that ran, of all tokens.</param>
    /// <param name="interpolate">
    /// Whether pictures of other sizes than <see cref="ImageSize"/> are taken, with positions resampled for them (transformers:
    /// <c>interpolate_pos_encoding</c>).
    /// </param>
    /// <returns>[b, <see cref="Tokens"/>, <see cref="Width"/>]; of a picture of another size, as many tokens as it has patches.</returns>
    public abstract Tensor forward(Tensor pixels_bchw, ICollection<Tensor>? hiddenStates = null, bool interpolate = false);

    /// <summary>Everything that transformers' model of this family returns, whatever the feature path.</summary>
    /// <inheritdoc cref="forward"/>
    public abstract TowerOutputs forward_whole(Tensor pixels_bchw, bool interpolate = false);

    /// <summary>Transformers' <c>pooler_output</c> for its <c>last_hidden_state</c>.</summary>
    /// <returns>[b, d], or null where the tower was loaded without what pools.</returns>
    public abstract Tensor? pool(Tensor lastHiddenState_btd);

    /// <summary>The position table of the same tower for pictures of another size, made to fit this one's.</summary>
    /// <param name="stored">Shape of the tower that the table is of.</param>
    internal abstract Tensor resample_positions(Tensor table, TowerShape stored);

    /// <summary>Fills every parameter from a seed, for training from scratch.</summary>
    public abstract void Initialise(ulong seed);
}
