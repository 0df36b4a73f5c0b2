using Grafting.Core.Checkpoints;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Models.Layers;
using Grafting.Core.Models.Towers;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Llava;

/// <summary>
/// A whole vision-language model as Hugging Face publishes it. Pictures stand in place of their tokens, without boundary vectors.
/// </summary>
/// <remarks>Checked against transformers' <c>modeling_llava.py</c>, in both of its key layouts.</remarks>
// b pictures, c colour channels, h height, w width of pixels; v tokens of a picture, l language width
public sealed class Llava : nn.Module
{
    readonly VisionTower tower;
    readonly LayerNorm? projector_norm;
    readonly MlpAdapter projector;
    readonly Decoder decoder;

    public Llava(LlavaConfig config, Device device, ScalarType dtype) : base(nameof(Llava))
    {
        Config = config.Validate();
        tower = config.Tower.Build(config.Path, device, dtype);
        projector_norm = config.ProjectorNormEpsilon is { } epsilon ? new(tower.Width, epsilon, device, dtype) : null;
        projector = new(new(tower.Width, config.Decoder.Shape.Width), device, dtype);
        decoder = config.Decoder.Build(device, dtype);
        RegisterComponents();
    }

    public LlavaConfig Config { get; }

    public VisionTower Tower => tower;

    public LayerNorm? ProjectorNorm => projector_norm;

    public MlpAdapter Projector => projector;

    public Decoder Decoder => decoder;

    /// <summary>Loads a LLaVA or VipLlava folder, in any of the key layouts.</summary>
    /// <param name="dtype">Of the parameters and of the arithmetic; stored values are converted.</param>
    /// <exception cref="GraftException">Of kind Input: not such a checkpoint, or its tensors do not fit its configuration.</exception>
    public static Llava Load(string folder, Device device, ScalarType dtype)
    {
        using var checkpoint = Checkpoint.Open(folder);
        var config = LlavaConfig.Read(checkpoint.Config, Path.Combine(folder, Checkpoint.ConfigName));
        // Without memory first: a configuration that asks for more than the files hold is refused before it gets any.
        KeyMap keys;
        using (var outline = new Llava(config, META, dtype))
        {
            keys = outline.KeysIn(checkpoint.Tensors.Keys, folder);
            Weights.Check(outline, keys, checkpoint.Tensors, folder);
        }
        var llava = new Llava(config, device, dtype);
        try
        {
            Weights.Load(llava, keys, checkpoint.Tensors, folder);
            return llava;
        }
        catch
        {
            llava.Dispose();
            throw;
        }
    }

    /// <summary>Names of the parameters among a checkpoint's tensors.</summary>
    /// <param name="source">The checkpoint's folder, for messages.</param>
    public KeyMap KeysIn(IEnumerable<string> tensors, string source)
    {
        var names = tensors.ToList();
        var layout = LlavaKeys.Find(names, source);
        return TowerFamilies.FindKeys(Config.Tower, names, source).Under("tower.", "")
            .With(layout.Decoder(decoder.Keys).Under("decoder.", ""))
            .With(projector.Keys.Under("projector.", layout.Projector))
            .With(new([("projector_norm", layout.Projector + "projector_layernorm")]));
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
