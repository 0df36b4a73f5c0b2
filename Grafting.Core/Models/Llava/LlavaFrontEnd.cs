using Grafting.Core.Checkpoints;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Models.Layers;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Llava;

/// <summary>What of a LLaVA turns pictures into embeddings: tower, norm, projector. Its decoder is checked, and not read.</summary>
// b pictures, c colour channels, h height, w width of pixels; v tokens of a picture, l language width
public sealed class LlavaFrontEnd : nn.Module
{
    readonly VisionTower tower;
    readonly LayerNorm? projector_norm;
    readonly MlpAdapter projector;

    LlavaFrontEnd(LlavaConfig config, Device device, ScalarType dtype) : base(nameof(LlavaFrontEnd))
    {
        Config = config;
        tower = config.Tower.Build(config.Path, device, dtype);
        projector_norm = config.ProjectorNormEpsilon is { } epsilon ? new(tower.Width, epsilon, device, dtype) : null;
        projector = new(new(tower.Width, config.Decoder.Shape.Width), device, dtype);
        RegisterComponents();
    }

    public LlavaConfig Config { get; }

    public VisionTower Tower => tower;

    /// <summary>VipLlava's norm in front of the projector; null in a LLaVA.</summary>
    public LayerNorm? ProjectorNorm => projector_norm;

    public MlpAdapter Projector => projector;

    /// <summary>Loads a LLaVA or VipLlava folder, in any of the key layouts.</summary>
    /// <param name="dtype">Of the parameters and of the arithmetic; stored values are converted.</param>
    /// <exception cref="GraftException">
    /// Of kind Input: not such a checkpoint, or its tensors, those of the decoder included, do not fit its configuration.
    /// </exception>
    public static LlavaFrontEnd Load(string folder, Device device, ScalarType dtype)
    {
        using var checkpoint = Checkpoint.Open(folder);
        return Load(checkpoint, device, dtype);
    }

    /// <inheritdoc cref="Load(string, Device, ScalarType)"/>
    public static LlavaFrontEnd Load(Checkpoint checkpoint, Device device, ScalarType dtype)
    {
        var config = LlavaConfig.Read(checkpoint.Config, Path.Combine(checkpoint.Folder, Checkpoint.ConfigName)).Validate();
        KeyMap keys;
        using (var outline = new Llava(config, META, dtype))
        {
            keys = outline.KeysIn(checkpoint.Tensors.Keys, checkpoint.Folder);
            Weights.Check(outline, keys, checkpoint.Tensors, checkpoint.Folder);
        }
        var front = new LlavaFrontEnd(config, device, dtype);
        try
        {
            Weights.Fill(front, keys, "", checkpoint.Tensors);
            return front;
        }
        catch
        {
            front.Dispose();
            throw;
        }
    }

    /// <summary>What stands at the positions of the pictures, [b, v, l].</summary>
    /// <param name="pixels_bchw">Preprocessed pictures in the model's dtype.</param>
    public Tensor image_features(Tensor pixels_bchw)
    {
        using var scope = NewDisposeScope();
        var features_bvw = tower.forward(pixels_bchw);
        if (projector_norm is not null) features_bvw = projector_norm.forward(features_bvw);
        return projector.forward(features_bvw).MoveToOuterDisposeScope();
    }
}
