using System.Text.Json;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Layers;
using Grafting.Core.Models.Towers;

namespace Grafting.Core.Models.Llava;

/// <summary>
/// A LLaVA of Hugging Face's layout: a tower, a projector of two linear layers with a GELU between them, a decoder. VipLlava puts a norm in
/// front of the projector. Defaults are those of transformers' <c>configuration_llava.py</c> and <c>configuration_vipllava.py</c>.
/// </summary>
/// <param name="Path">Which of the tower's features the projector reads; never behind the tower's own last norm.</param>
/// <param name="ImageToken">Id that stands at every position of a picture.</param>
/// <param name="ProjectorNormEpsilon">Of VipLlava's norm in front of the projector; null for LLaVA, which has none.</param>
public sealed record LlavaConfig(
    VisionTowerConfig Tower, DecoderConfig Decoder, FeaturePath Path, int ImageToken, double? ProjectorNormEpsilon = null)
{
    public const string Type = "llava";
    public const string VipType = "vipllava";

    /// <summary>Whether a configuration is one of those read here.</summary>
    public static bool Describes(JsonElement config) =>
        config.ValueKind == JsonValueKind.Object && config.TryGetProperty("model_type", out var type)
            && type.ValueKind == JsonValueKind.String
        && type.GetString() is Type or VipType;

    public LlavaConfig Validate()
    {
        if (Path.PostNorm) throw Fault.Usage("A LLaVA's projector reads hidden states before the tower's last norm, not behind it.");
        if (ImageToken < 0 || ImageToken >= Decoder.Shape.Vocabulary)
            throw Fault.Usage($"The picture's token is {ImageToken}; the decoder's vocabulary has {Decoder.Shape.Vocabulary} entries.");
        return this;
    }

    /// <param name="source">Where the configuration stands, for messages.</param>
    /// <exception cref="GraftException">Of kind Input: another model type, or a field that is wrong or not supported.</exception>
    public static LlavaConfig Read(JsonElement json, string source = "config.json")
    {
        var config = new ConfigReader(json, source);
        var type = config.String("model_type", "");
        if (type is not (Type or VipType))
            throw Fault.Input($"{source}: the model type {Printable.Quote(type)} is not \"{Type}\" or \"{VipType}\".");
        config.IgnoreGeneralFields();
        // The loss's own number, the length that processors reserve, the decoder's vocabulary once more, and its tied head, which it says
        // itself.
        config.Ignore("ignore_index", "image_seq_length", "vocab_size", "tie_word_embeddings", "vision_config");
        var activation = Activations.Parse(config.String("projector_hidden_act", "gelu"), $"{source}: projector_hidden_act");
        if (activation != Activation.Gelu)
            throw Fault.Input($"{source}: projector_hidden_act is \"{activation.Name()}\"; a projector is supported with \"gelu\".");
        if (!config.Bool("multimodal_projector_bias", true))
            throw Fault.Input($"{source}: multimodal_projector_bias is false; a projector is supported with biases.");
        var text = config.Object("text_config") ?? throw Fault.Input($"{source}: the field \"text_config\" is missing.");
        var imageToken = config.Int("image_token_index", config.Int("image_token_id", 32000));
        if (config.Int("image_token_id", imageToken) != imageToken)
            throw Fault.Input($"{source}: image_token_index and image_token_id disagree.");
        var tower = TowerFamilies.ReadConfig(json, source).WithoutPooling();
        var read = new LlavaConfig(
            tower, DecoderFamilies.ReadConfig(text, absentType: "llama"), ReadPath(config, type, tower), imageToken,
            type == VipType ? config.Double("projector_layernorm_eps", 1e-5) : null);
        config.Finish();
        return config.Check(read.Validate);
    }

    static FeaturePath ReadPath(ConfigReader config, string type, VisionTowerConfig tower)
    {
        var shape = tower.Shape;
        if (shape.Registers > 0)
        {
            throw Fault.Input(
                $"{config.Source}: a LLaVA with a tower of type {tower.ModelType} would take its register tokens for patches.");
        }
        if (type == VipType)
        {
            if (shape.ClassTokens == 0) throw Loses("vision_feature_layers of a VipLlava", "Use a tower with a class token.");
            var layers = config.Ints("vision_feature_layers") ?? [-2, -5, -8, -11, 6];
            return new(Single(layers, config, "vision_feature_layers"), PostNorm: false, KeepClass: false);
        }
        var layer = config.Ints("vision_feature_layer") ?? [-2];
        var strategy = config.String("vision_feature_select_strategy", "default");
        if (strategy is not ("default" or "full"))
            throw Fault.Input(
                $"{config.Source}: vision_feature_select_strategy is {Printable.Quote(strategy)}; known are default and full.");
        if (strategy == "default" && shape.ClassTokens == 0)
            throw Loses(
                "vision_feature_select_strategy \"default\"", "A LLaVA with such a tower has vision_feature_select_strategy \"full\".");
        return new(Single(layer, config, "vision_feature_layer"), PostNorm: false, KeepClass: strategy == "full" && shape.ClassTokens > 0);

        GraftException Loses(string what, string remedy) => Fault.Input(
            $"{config.Source}: {what} drops the first token, which is a patch in a tower of type {tower.ModelType}.", remedy);
    }

    static int Single(IReadOnlyList<int> layers, ConfigReader config, string field) => layers.Count == 1
        ? layers[0]
        : throw Fault.Input(
            $"{config.Source}: {field} names {layers.Count} layers ({string.Join(", ", layers)}), whose features are put side by side; "
                + "one is supported.");
}
