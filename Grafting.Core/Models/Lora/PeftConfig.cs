using System.Text.Json;
using Grafting.Core.Checkpoints;

namespace Grafting.Core.Models.Lora;

/// <summary>Reads PEFT's <c>adapter_config.json</c>, and refuses what would change the numbers if it were left out.</summary>
static class PeftConfig
{
    const int MaxBytes = 4 << 20;

    /// <summary>Bookkeeping, how training began, and which matrices were chosen, which the tensors tell themselves.</summary>
    static readonly string[] Harmless =
    [
        "auto_mapping", "base_model_name_or_path", "corda_config", "eva_config", "exclude_modules", "inference_mode", "layers_pattern",
        "layers_to_transform", "loftq_config", "megatron_core", "peft_version", "qalora_group_size", "revision", "task_type",
    ];

    /// <summary>
    /// Ways to begin that leave the model's own weights as they are; others store adapters that fit changed weights only.
    /// </summary>
    static readonly string[] Beginnings = ["gaussian", "eva", "orthogonal"];

    /// <exception cref="GraftException">Input, naming file and field.</exception>
    public static LoraConfig Read(string path)
    {
        var json = StrictJson.ReadObject(path, MaxBytes);
        foreach (var field in json.EnumerateObject())
        {
            var (name, value) = (field.Name, field.Value);
            var fits = name switch
            {
                "peft_type" => Is(value, "LORA"),
                "bias" => Is(value, "none"),
                "r" or "lora_alpha" or "lora_dropout" => value.ValueKind == JsonValueKind.Number,
                "target_modules" => value.ValueKind is JsonValueKind.Array or JsonValueKind.String or JsonValueKind.Null,
                "init_lora_weights" =>
                    IsNothing(value) || value.ValueKind == JsonValueKind.True || Array.Exists(Beginnings, known => Is(value, known)),
                _ => Harmless.Contains(name) || IsNothing(value),
            };
            if (!fits)
            {
                throw Fault.Input(
                    $"{path}: the field {Printable.Quote(name)} is {Printable.Quote(value.GetRawText())}, which is not supported, and "
                        + "leaving it out could change the numbers.",
                    "Merge the adapter with PEFT, and take the merged model.");
            }
        }
        if (!json.TryGetProperty("peft_type", out _)) throw Fault.Input($"{path}: has no \"peft_type\"; \"LORA\" was expected.");
        try
        {
            var config = new LoraConfig
            {
                Rank = (int)Number("r", 8),
                Alpha = Number("lora_alpha", 8),
                Dropout = Number("lora_dropout", 0),
            };
            return (json.TryGetProperty("target_modules", out var targets) && targets.ValueKind == JsonValueKind.Array
                ? config with { Targets = [.. targets.EnumerateArray().Select(target => target.GetString()!)] }
                : config).Validate();
        }
        catch (Exception error) when (error is InvalidOperationException or GraftException { Kind: ErrorKind.Usage })
        {
            throw Fault.Input($"{path}: {error.Message}", inner: error);
        }

        double Number(string name, double fallback) => json.TryGetProperty(name, out var value) ? value.GetDouble() : fallback;
    }

    static bool Is(JsonElement value, string text) => value.ValueKind == JsonValueKind.String && value.ValueEquals(text);

    /// <summary>What PEFT writes for something that is not used.</summary>
    static bool IsNothing(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.Array => value.GetArrayLength() == 0,
        _ => false,
    };
}
