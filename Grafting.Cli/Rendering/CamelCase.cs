using System.Text.Json;
using System.Text.Json.Nodes;

namespace Grafting.Cli.Rendering;

/// <summary>
/// Files follow Hugging Face's tools in writing <c>model_type</c>; the documents of the command line write <c>modelType</c>.
/// </summary>
static class CamelCase
{
    public static JsonNode? Of(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.Select(entry => KeyValuePair.Create(Name(entry.Key), Of(entry.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Of)]),
        _ => node?.DeepClone(),
    };

    static string Name(string snake)
    {
        var words = snake.Split('_');
        return string.Concat(
            words.Take(1).Concat(words.Skip(1).Select(word => JsonNamingPolicy.CamelCase.ConvertName(word) is [var first, .. var rest]
            ? char.ToUpperInvariant(first) + rest
            : "")));
    }
}
