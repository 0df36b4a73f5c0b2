using System.Text.Json;

namespace Grafting.Core.Inspection;

/// <summary>The fields of a <c>config.json</c> that say what the model is, of any family, as they stand in the file.</summary>
static class ConfigEssentials
{
    static readonly string[] Parts = ["text_config", "vision_config"];

    static readonly string[] Fields =
    [
        "model_type", "hidden_size", "intermediate_size", "mlp_ratio", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
        "head_dim",
        "vocab_size", "max_position_embeddings", "rms_norm_eps", "layer_norm_eps", "hidden_act", "hidden_activation", "rope_theta",
        "rope_scaling",
        "rope_parameters", "rope_local_base_freq", "sliding_window", "use_sliding_window", "max_window_layers", "sliding_window_pattern",
        "attn_logit_softcapping", "final_logit_softcapping", "query_pre_attn_scalar", "attention_bias", "tie_word_embeddings",
        "image_size", "patch_size",
        "projection_dim", "vision_feature_layer", "vision_feature_layers", "vision_feature_select_strategy", "image_token_index",
        "image_token_id",
        "torch_dtype", "dtype", "transformers_version",
    ];

    public static IReadOnlyDictionary<string, JsonElement> Of(JsonElement config)
    {
        var found = new Dictionary<string, JsonElement>();
        Add(config, "");
        foreach (var part in Parts)
            if (config.TryGetProperty(part, out var nested) && nested.ValueKind == JsonValueKind.Object) Add(nested, part + ".");
        return found;

        void Add(JsonElement from, string prefix)
        {
            foreach (var field in Fields)
                if (from.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null) found[prefix + field] = value;
        }
    }

    public static string? ModelType(JsonElement config) => Text(config, "model_type");

    public static IReadOnlyList<string> Architectures(JsonElement config) =>
        config.TryGetProperty("architectures", out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)]
            : [];

    /// <summary>The type that the configuration names for the weights, in either spelling.</summary>
    public static string? ElementType(JsonElement config) => Text(config, "dtype") ?? Text(config, "torch_dtype");

    public static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
