using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core;

namespace Grafting.Surrogates;

/// <summary>The <c>config.json</c> of a surrogate: that of the target, with everything that counts layers adjusted.</summary>
static class SurrogateConfig
{
    public static JsonObject Adjust(JsonElement config, SurrogatePlan plan)
    {
        var adjusted = new JsonObject();
        foreach (var field in config.EnumerateObject()) adjusted.Add(field.Name, Adjust(field, plan));
        return adjusted;
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
