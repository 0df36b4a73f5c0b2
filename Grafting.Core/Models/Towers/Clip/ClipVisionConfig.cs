using System.Text.Json.Nodes;
using Grafting.Core.Models.Layers;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Towers.Clip;

/// <summary>
/// CLIP's vision transformer. Defaults are those of transformers' <c>configuration_clip.py</c>, which published files rely on.
/// </summary>
/// <param name="ImageSize">Side of the square pictures, in pixels.</param>
/// <param name="PatchSize">Side of a patch, in pixels.</param>
/// <param name="ProjectionWidth">Of CLIP's shared space; the tower itself does not use it, but the file format carries it.</param>
/// <param name="InitialiserRange">Standard deviation of fresh patch and position embeddings.</param>
public sealed record ClipVisionConfig(
    int Width,
    int FeedForwardWidth,
    int Layers,
    int Heads,
    int ImageSize,
    int PatchSize,
    Activation Activation = Activation.QuickGelu,
    double NormEpsilon = 1e-5,
    int ProjectionWidth = 512,
    double InitialiserRange = 0.02) : VisionTowerConfig
{
    public const string Type = "clip_vision_model";

    public override string ModelType => Type;

    public override TowerShape Shape => new(Width, FeedForwardWidth, Layers, Heads, ImageSize, PatchSize);

    internal override string Landmark => ClipVisionKeys.Landmark;

    public ClipVisionConfig Validate()
    {
        Shape.Validate();
        Fault.IfOutside(NormEpsilon, 0, 1);
        Fault.IfOutside(InitialiserRange, 0, 10);
        return this;
    }

    public override VisionTower Build(FeaturePath path, Device device, ScalarType dtype) => new ClipVision(Validate(), path, device, dtype);

    internal static ClipVisionConfig Read(ConfigReader config)
    {
        config.IgnoreGeneralFields();
        // Of the text side, or of fresh weights only.
        config.Ignore("dropout", "initializer_factor", "tie_word_embeddings", "vocab_size");
        TowerFields.RequireColour(config);
        var read = new ClipVisionConfig(
            config.Int("hidden_size", 768),
            config.Int("intermediate_size", 3072),
            config.Int("num_hidden_layers", 12),
            config.Int("num_attention_heads", 12),
            config.Int("image_size", 224),
            config.Int("patch_size", 32),
            Activations.Parse(config.String("hidden_act", "quick_gelu"), $"{config.Source}: hidden_act"),
            config.Double("layer_norm_eps", 1e-5),
            config.Int("projection_dim", 512),
            config.Double("initializer_range", 0.02));
        config.Finish();
        return config.Check(read.Validate);
    }

    public override JsonObject ToJson(ScalarType dtype) => new()
    {
        ["architectures"] = new JsonArray("CLIPVisionModel"),
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
        ["projection_dim"] = ProjectionWidth,
        ["initializer_range"] = InitialiserRange,
        ["torch_dtype"] = TensorLoading.HuggingFaceName(dtype),
    };

    internal override KeyMap Keys(string prefix) => ClipVisionKeys.Map(prefix);

    private protected override VisionTowerConfig WithImageSize(int imageSize) => this with { ImageSize = imageSize };
}
