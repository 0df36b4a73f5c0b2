using System.Text.Json.Nodes;
using Grafting.Core.Imaging;
using Grafting.Tests.Support;

namespace Grafting.Tests.Data;

/// <summary>Data files made by hand.</summary>
static class LlavaFiles
{
    public static readonly byte[] Picture = PngWriter.Encode(new RgbImage(2, 2, [.. Enumerable.Range(0, 12).Select(i => (byte)(20 * i))]));

    /// <summary>A sample with a picture unless <paramref name="image"/> is null.</summary>
    public static JsonObject Sample(string id, string? image = "a.png", string answer = "a cat")
    {
        var sample = new JsonObject { ["id"] = id };
        if (image is not null) sample["image"] = image;
        sample["conversations"] = new JsonArray(
            new JsonObject { ["from"] = "human", ["value"] = (image is null ? "" : "<image>\n") + "What is this?" },
            new JsonObject { ["from"] = "gpt", ["value"] = answer });
        return sample;
    }

    public static JsonObject With(this JsonObject sample, string key, JsonNode? value)
    {
        sample[key] = value;
        return sample;
    }

    public static JsonArray Turns(params (string From, string Value)[] turns) =>
        new([.. turns.Select(turn => (JsonNode)new JsonObject { ["from"] = turn.From, ["value"] = turn.Value })]);

    /// <summary>Writes the samples as an array, and a picture a.png beside it.</summary>
    public static string Write(TempFolder folder, params IEnumerable<JsonNode> samples)
    {
        folder.Write("a.png", Picture);
        return folder.Write("data.json", new JsonArray([.. samples]).ToJsonString());
    }
}
