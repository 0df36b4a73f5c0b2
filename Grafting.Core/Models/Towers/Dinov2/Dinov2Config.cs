using System.Text.Json.Nodes;
using Grafting.Core.Models.Layers;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Towers.Dinov2;

/// <summary>
/// DINOv2's vision transformer, with or without register tokens. Defaults are those of transformers' <c>configuration_dinov2.py</c> and
/// <c>configuration_dinov2_with_registers.py</c>.
/// </summary>
/// <param name="ImageSize">
/// Side of the square pictures that the position table is for, in pixels; pictures of other sizes are as good.
/// </param>
/// <param name="PatchSize">Side of a patch, in pixels.</param>
/// <param name="MlpRatio">
/// Inner width of the feed-forward parts over the tower's width; gated ones have two thirds of it, rounded up to eights.
/// </param>
/// <param name="QkvBias">Whether queries, keys and values have biases.</param>
/// <param name="Gated">Whether the feed-forward parts are SwiGLU, as in the giant model.</param>
/// <param name="Registers">Register tokens behind the class token; null in the family without them.</param>
/// <param name="LayerScale">Fresh factors before the additions to the residual.</param>
/// <param name="InitialiserRange">Standard deviation of fresh weights.</param>
public sealed record Dinov2Config(
    int Width,
    int Layers,
    int Heads,
    int ImageSize,
    int PatchSize,
    double MlpRatio = 4,
    Activation Activation = Activation.Gelu,
    double NormEpsilon = 1e-6,
    bool QkvBias = true,
    bool Gated = false,
    int? Registers = null,
    double LayerScale = 1,
    double InitialiserRange = 0.02) : VisionTowerConfig
{
    public const string Type = "dinov2";
    public const string RegistersType = "dinov2_with_registers";

    public override string ModelType => Registers is null ? Type : RegistersType;

    public override TowerShape Shape =>
        new(Width, FeedForwardWidth, Layers, Heads, ImageSize, PatchSize, ClassTokens: 1, Registers ?? 0, Gated);

    public override bool TakesAnySize => true;

    /// <summary>Inner width of the feed-forward parts.</summary>
    public int FeedForwardWidth
    {
        get
        {
            var inner = (int)(Width * MlpRatio);
            return Gated ? ((int)(inner * 2 / 3.0) + 7) / 8 * 8 : inner;
        }
    }

    internal override string Landmark => Dinov2Keys.Landmark;

    public Dinov2Config Validate()
    {
        Fault.IfOutside(MlpRatio, 0, 64);
        Shape.Validate();
        Fault.IfOutside(NormEpsilon, 0, 1);
        Fault.IfOutside(LayerScale, -100, 100);
        Fault.IfOutside(InitialiserRange, 0, 10);
        return this;
    }

    public override VisionTower Build(FeaturePath path, Device device, ScalarType dtype) => new Dinov2(Validate(), path, device, dtype);

    internal static Dinov2Config Read(ConfigReader config)
    {
        var registers = config.String("model_type", Type) == RegistersType;
        config.IgnoreGeneralFields();
        // Of training and of the masks used in it; and of the form in which a backbone hands out its features.
        config.Ignore("attention_probs_dropout_prob", "drop_path_rate", "hidden_dropout_prob", "use_mask_token");
        config.Ignore("apply_layernorm", "out_features", "out_indices", "reshape_hidden_states", "stage_names");
        TowerFields.RequireColour(config);
        var read = new Dinov2Config(
            config.Int("hidden_size", 768),
            config.Int("num_hidden_layers", 12),
            config.Int("num_attention_heads", 12),
            config.Int("image_size", 224),
            config.Int("patch_size", registers ? 16 : 14),
            config.Double("mlp_ratio", 4),
            Activations.Parse(config.String("hidden_act", "gelu"), $"{config.Source}: hidden_act"),
            config.Double("layer_norm_eps", 1e-6),
            config.Bool("qkv_bias", true),
            config.Bool("use_swiglu_ffn", false),
            registers ? config.Int("num_register_tokens", 4) : null,
            config.Double("layerscale_value", 1),
            config.Double("initializer_range", 0.02));
        config.Finish();
        return config.Check(read.Validate);
    }

    public override JsonObject ToJson(ScalarType dtype)
    {
        var json = new JsonObject
        {
            ["architectures"] = new JsonArray(Registers is null ? "Dinov2Model" : "Dinov2WithRegistersModel"),
            ["model_type"] = ModelType,
            ["hidden_size"] = Width,
            ["num_hidden_layers"] = Layers,
            ["num_attention_heads"] = Heads,
            ["num_channels"] = TowerShape.Channels,
            ["image_size"] = ImageSize,
            ["patch_size"] = PatchSize,
            ["mlp_ratio"] = MlpRatio,
            ["hidden_act"] = Activation.Name(),
            ["layer_norm_eps"] = NormEpsilon,
            ["qkv_bias"] = QkvBias,
            ["use_swiglu_ffn"] = Gated,
            ["layerscale_value"] = LayerScale,
            ["initializer_range"] = InitialiserRange,
            ["torch_dtype"] = TensorLoading.HuggingFaceName(dtype),
        };
        if (Registers is { } registers) json["num_register_tokens"] = registers;
        return json;
    }

    internal override KeyMap Keys(string prefix) => Dinov2Keys.Map(Gated, prefix);

    private protected override VisionTowerConfig WithImageSize(int imageSize) => this with { ImageSize = imageSize };
}
