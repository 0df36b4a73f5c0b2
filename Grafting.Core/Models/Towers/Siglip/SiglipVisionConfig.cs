using System.Text.Json.Nodes;
using Grafting.Core.Models.Layers;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Towers.Siglip;

/// <summary>
/// SigLIP's vision transformer, and SigLIP 2's of fixed resolution, which is the same. Defaults are those of transformers'
/// <c>configuration_siglip.py</c>, which published files rely on.
/// </summary>
/// <param name="ImageSize">Side of the square pictures, in pixels.</param>
/// <param name="PatchSize">Side of a patch, in pixels; 14 of so400m at 384 pixels leaves the last 6 unseen.</param>
/// <param name="Head">Whether the tower has the head that pools its tokens by attention, which no adapter reads.</param>
public sealed record SiglipVisionConfig(
    int Width,
    int FeedForwardWidth,
    int Layers,
    int Heads,
    int ImageSize,
    int PatchSize,
    Activation Activation = Activation.GeluTanh,
    double NormEpsilon = 1e-6,
    bool Head = true) : VisionTowerConfig
{
    public const string Type = "siglip_vision_model";

    public override string ModelType => Type;

    public override TowerShape Shape => new(Width, FeedForwardWidth, Layers, Heads, ImageSize, PatchSize, ClassTokens: 0);

    internal override string Landmark => SiglipVisionKeys.Landmark;

    public SiglipVisionConfig Validate()
    {
        Shape.Validate();
        Fault.IfOutside(NormEpsilon, 0, 1);
        return this;
    }

    public override VisionTowerConfig WithoutPooling() => this with { Head = false };

    public override VisionTower Build(FeaturePath path, Device device, ScalarType dtype) =>
        new SiglipVision(Validate(), path, device, dtype);

    internal static SiglipVisionConfig Read(ConfigReader config)
    {
        config.IgnoreGeneralFields();
        // Of the text side, or of fresh weights only.
        config.Ignore("initializer_factor", "initializer_range", "projection_dim", "projection_size", "tie_word_embeddings", "vocab_size");
        TowerFields.RequireColour(config);
        var read = new SiglipVisionConfig(
            config.Int("hidden_size", 768),
            config.Int("intermediate_size", 3072),
            config.Int("num_hidden_layers", 12),
            config.Int("num_attention_heads", 12),
            config.Int("image_size", 224),
            config.Int("patch_size", 16),
            Activations.Parse(config.String("hidden_act", "gelu_pytorch_tanh"), $"{config.Source}: hidden_act"),
            config.Double("layer_norm_eps", 1e-6),
            config.Bool("vision_use_head", true));
        config.Finish();
        return config.Check(read.Validate);
    }

    public override JsonObject ToJson(ScalarType dtype) => new()
    {
        ["architectures"] = new JsonArray("SiglipVisionModel"),
        ["model_type"] = Type,
        ["hidden_size"] = Width,
        ["intermediate_size"] = FeedForwardWidth,
        ["num_hidden_layers"] = Layers,
        ["num_attention_heads"] = Heads,
        ["num_channels"] = TowerShape.Channels,
        ["image_size"] = ImageSize,
        ["patch_size"] = PatchSize,
        ["hidden_act"] = Activation.Name(),
        ["layer_norm_eps"] = NormEpsilon,
        ["vision_use_head"] = Head,
        ["torch_dtype"] = TensorLoading.HuggingFaceName(dtype),
    };

    internal override KeyMap Keys(string prefix) => SiglipVisionKeys.Map(prefix);

    private protected override VisionTowerConfig WithImageSize(int imageSize) => this with { ImageSize = imageSize };
}
