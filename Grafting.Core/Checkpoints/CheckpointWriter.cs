using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Grafting.Core.Checkpoints;

/// <summary>Writes a model's tensors as Hugging Face's tools name them: one file, or shards of a limited size with an index.</summary>
public static class CheckpointWriter
{
    const long ShardBytes = 5_000_000_000;
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    /// <param name="maxShardBytes">Of the tensors in one file; a larger tensor gets a file of its own.</param>
    /// <returns>The stamps of the weight files.</returns>
    public static IReadOnlyDictionary<string, FileStamp> Write(
        string folder, IReadOnlyList<TensorSource> tensors, long maxShardBytes = ShardBytes)
    {
        var shards = Split(tensors, maxShardBytes);
        var stamps = new Dictionary<string, FileStamp>();
        var map = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal);
        for (var i = 0; i < shards.Count; i++)
        {
            var name = shards.Count == 1
                ? Checkpoint.SingleFileName
                : string.Create(CultureInfo.InvariantCulture, $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors");
            stamps[name] = SafetensorsWriter.Write(Path.Combine(folder, name), shards[i], Metadata);
            foreach (var tensor in shards[i]) map.Add(tensor.Name, name);
        }
        if (shards.Count == 1) return stamps;
        var index = new JsonObject
        {
            ["metadata"] = new JsonObject { ["total_size"] = tensors.Sum(tensor => tensor.ByteCount) },
            ["weight_map"] = new JsonObject(map),
        };
        File.WriteAllText(Path.Combine(folder, ShardIndex.FileName), index.ToJsonString(Indented) + "\n");
        return stamps;
    }

    static List<List<TensorSource>> Split(IReadOnlyList<TensorSource> tensors, long maxBytes)
    {
        var shards = new List<List<TensorSource>>();
        var room = 0L;
        foreach (var tensor in tensors)
        {
            if (shards.Count == 0 || tensor.ByteCount > room)
            {
                shards.Add([]);
                room = maxBytes;
            }
            shards[^1].Add(tensor);
            room -= tensor.ByteCount;
        }
        return shards;
    }
}
