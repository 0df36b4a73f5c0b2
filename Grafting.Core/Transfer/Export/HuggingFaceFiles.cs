using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using static TorchSharp.torch;

namespace Grafting.Core.Transfer.Export;

/// <summary>
/// The small files of a LLaVA folder. Names and defaults are those of transformers' <c>configuration_llava.py</c>,
/// <c>configuration_vipllava.py</c> and <c>processing_llava.py</c>.
/// </summary>
static class HuggingFaceFiles
{
    public const string ProcessorName = "processor_config.json";
    public const string PreprocessorName = "preprocessor_config.json";
    public const string TemplateName = "chat_template.jinja";
    const string GenerationName = "generation_config.json";
    const string TokenizerConfigName = "tokenizer_config.json";
    const string Processor = "LlavaProcessor";
    const int MaxBytes = 64 << 20;

    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What those files of the target say is replaced by what the export says.</summary>
    static readonly HashSet<string> Replaced =
    [
        TokenizerConfigName, GenerationName, TemplateName, "chat_template.json", ProcessorName, PreprocessorName,
    ];

    public static JsonObject Config(
        VisionEncoder encoder, FeaturePathValue path, LlavaArchitecture architecture, JsonElement target, PictureTokens tokens, bool tied)
    {
        var text = JsonObject.Create(target)!;
        text["tie_word_embeddings"] = tied;
        var vision = encoder.Tower.Config.ToJson(ScalarType.Float32);
        vision.Remove("architectures");
        vision.Remove("torch_dtype");
        // LLaVA reads hidden states; the pooling head of a SigLIP has no tensors here.
        if (path.ClassTokens == 0) vision["vision_use_head"] = false;
        var config = new JsonObject
        {
            ["architectures"] = new JsonArray(
                architecture == LlavaArchitecture.Llava ? "LlavaForConditionalGeneration" : "VipLlavaForConditionalGeneration"),
            ["model_type"] = architecture == LlavaArchitecture.Llava ? "llava" : "vipllava",
            ["ignore_index"] = -100,
            ["image_seq_length"] = path.Tokens,
            ["image_token_index"] = tokens.Image.Id,
            ["projector_hidden_act"] = "gelu",
            ["text_config"] = text,
            ["tie_word_embeddings"] = tied,
            ["torch_dtype"] = (text["dtype"] ?? text["torch_dtype"])?.DeepClone() ?? "float32",
            ["vision_config"] = vision,
        };
        if (text["pad_token_id"] is { } pad) config["pad_token_id"] = pad.DeepClone();
        if (architecture == LlavaArchitecture.Llava)
        {
            config["multimodal_projector_bias"] = true;
            config["vision_feature_layer"] = encoder.Tower.Path.Layer;
            config["vision_feature_select_strategy"] = Strategy(path);
        }
        else
        {
            config["projector_layernorm_eps"] = vision["layer_norm_eps"]!.DeepClone();
            config["vision_feature_layers"] = new JsonArray(encoder.Tower.Path.Layer);
        }
        return config;
    }

    /// <summary>The processor's part, and the tokens of a picture as it counts them.</summary>
    /// <exception cref="GraftException">Input, naming both numbers, when that is not what the model gives.</exception>
    public static (JsonObject Json, int Tokens) ProcessorConfig(
        FeaturePathValue path, LlavaArchitecture architecture, int patchSize, int imageSize, PictureTokens tokens)
    {
        // VipLlava drops the first token, whatever is written elsewhere.
        var strategy = architecture == LlavaArchitecture.VipLlava ? "default" : Strategy(path);
        var counted = ((imageSize / patchSize) * (imageSize / patchSize)) + path.ClassTokens - (strategy == "default" ? 1 : 0);
        if (counted != path.Tokens)
        {
            throw Fault.Input(
                $"a processor would write {counted} image tokens for a picture of {imageSize} x {imageSize} pixels in patches of "
                    + $"{patchSize}; the encoder gives {path.Tokens} features.",
                "The preprocessing of the bundle is not that of its tower; train again, or give it the tower's preprocessor_config.json.");
        }
        var json = new JsonObject
        {
            ["image_token"] = tokens.Image.Text,
            ["num_additional_image_tokens"] = path.ClassTokens,
            ["patch_size"] = patchSize,
            ["processor_class"] = Processor,
            ["vision_feature_select_strategy"] = strategy,
        };
        return (json, counted);
    }

    /// <summary>Writes everything but weights and model card.</summary>
    public static void Write(
        string folder, string model, JsonObject config, JsonObject processor, PreprocessorConfig preprocessing, string template,
        IReadOnlyList<int> stops)
    {
        Json(folder, Checkpoint.ConfigName, config);
        // The pair that every version reads: a processor that nests its image processor, as version 5 writes it, ends version 4.
        Json(folder, ProcessorName, processor);
        var pixels = preprocessing.ToJson();
        pixels["processor_class"] = Processor;
        Json(folder, PreprocessorName, pixels);
        File.WriteAllText(Path.Combine(folder, TemplateName), template);
        Json(folder, GenerationName, Generation(model, config["text_config"]!.AsObject(), stops));
        var tokenizer = Read(model, TokenizerConfigName) ?? [];
        tokenizer.Remove("chat_template");
        tokenizer["processor_class"] = Processor;
        Json(folder, TokenizerConfigName, tokenizer);
        foreach (
            var file in CompanionFiles.Find(model).Where(
                file => !Replaced.Contains(file.Name) && Path.GetDirectoryName(file.Name) is "" or null))
            file.CopyTo(folder);
    }

    /// <summary>The target's own settings, but for the tokens at which an answer of this template ends.</summary>
    static JsonObject Generation(string model, JsonObject text, IReadOnlyList<int> stops)
    {
        var json = Read(model, GenerationName) ?? [];
        foreach (var field in (string[])["bos_token_id", "pad_token_id"])
            if (!json.ContainsKey(field) && text[field] is { } value) json[field] = value.DeepClone();
        json["eos_token_id"] = new JsonArray([.. stops.Select(id => JsonValue.Create(id))]);
        return json;
    }

    static JsonObject? Read(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        return File.Exists(path) ? JsonObject.Create(StrictJson.ReadObject(path, MaxBytes)) : null;
    }

    static void Json(string folder, string name, JsonObject json) =>
        File.WriteAllText(Path.Combine(folder, name), json.ToJsonString(Indented) + "\n");

    static string Strategy(FeaturePathValue path) => path.TakesAllTokens ? "full" : "default";
}
