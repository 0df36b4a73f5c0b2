using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models;

namespace Grafting.Surrogates;

/// <summary>The <c>config.json</c> of a surrogate: that of the target, with everything that counts layers adjusted.</summary>
static class SurrogateConfig
{
    // What tells the kinds of layers by their number, which is another one in a surrogate.
    static readonly string[] patterns = ["sliding_window_pattern", "_sliding_window_pattern"];

    /// <exception cref="GraftException">Of kind Input when the family's file cannot describe what is left of the target.</exception>
    public static JsonObject Adjust(Checkpoint target, SurrogatePlan plan)
    {
        var source = Path.Combine(target.Folder, Checkpoint.ConfigName);
        var whole = TargetShape.ReadConfig(target.Config, source);
        var kept = whole.WithLayers([.. plan.Layers.Select(layer => layer.Source)]);
        var adjusted = new JsonObject();
        foreach (var field in target.Config.EnumerateObject()) adjusted.Add(field.Name, Adjust(field, plan));
        if (kept.MixedLayers is { } windows && Read(adjusted) != kept)
        {
            foreach (var pattern in patterns) adjusted.Remove(pattern);
            adjusted["layer_types"] = windows.ToJson();
        }
        return Read(adjusted) == kept ? adjusted
            : throw Fault.Input(
                $"{source}: the layers that are left of {whole.Shape.Layers} cannot be described in this form of configuration.");

        DecoderConfig Read(JsonObject json) => TargetShape.ReadConfig(JsonSerializer.SerializeToElement(json), source);
    }

    static JsonNode? Adjust(JsonProperty field, SurrogatePlan plan)
    {
        switch (field.Name)
        {
            case "num_hidden_layers":
                return plan.Layers.Count;
            // Qwen: layers from this one on have a sliding window, where one is used at all.
            case "max_window_layers" when field.Value.ValueKind == JsonValueKind.Number && field.Value.TryGetInt32(out var first):
                return plan.Layers.Count(layer => layer.Source < first);
        }
        // Lists with one entry per layer, such as layer_types.
        if (field.Name.Contains("layer", StringComparison.Ordinal) && field.Value.ValueKind == JsonValueKind.Array
            && field.Value.GetArrayLength() == plan.Target.Layers)
        {
            return new JsonArray([.. plan.Layers.Select(layer => Node(field.Value[layer.Source]))]);
        }
        return Node(field.Value);
    }

    /// <summary>Keeps numbers in the spelling of the file.</summary>
    static JsonNode? Node(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => JsonObject.Create(value),
        JsonValueKind.Array => JsonArray.Create(value),
        JsonValueKind.Null => null,
        JsonValueKind.Undefined => Fault.Unreachable<JsonNode>(value.ValueKind),
        _ => JsonValue.Create(value),
    };
}
