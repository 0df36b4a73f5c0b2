using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;

namespace Grafting.Surrogates;

/// <summary>Spreads tensors over weight files of a limited size, named as Hugging Face's tools name them.</summary>
/// <param name="Files">File name to the tensors in it.</param>
sealed record ShardLayout(IReadOnlyList<(string File, IReadOnlyList<KeptTensor> Tensors)> Files)
{
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <param name="maxBytes">Of the tensors in one file; a larger tensor gets a file of its own.</param>
    public static ShardLayout Create(IReadOnlyList<KeptTensor> tensors, long maxBytes)
    {
        var shards = new List<List<KeptTensor>>();
        var bytes = long.MaxValue;
        foreach (var tensor in tensors)
        {
            var size = tensor.Tensor.Entry.ByteCount;
            if (size > maxBytes - Math.Min(bytes, maxBytes))
            {
                shards.Add([]);
                bytes = 0;
            }
            shards[^1].Add(tensor);
            bytes += size;
        }
        return new ShardLayout([.. shards.Select((shard, i) => (
            shards.Count == 1
                ? Checkpoint.SingleFileName
                : string.Create(CultureInfo.InvariantCulture, $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors"),
            (IReadOnlyList<KeptTensor>)shard))]);
    }

    /// <summary>The text of the index, or null where a single file needs none.</summary>
    public string? Index()
    {
        if (Files.Count == 1) return null;
        var entries = Files.SelectMany(shard => shard.Tensors, (shard, tensor) => (tensor.Name, shard.File, tensor.Tensor.Entry)).ToList();
        return new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["total_parameters"] = entries.Sum(entry => entry.Entry.ElementCount),
                ["total_size"] = entries.Sum(entry => entry.Entry.ByteCount),
            },
            ["weight_map"] = new JsonObject(entries.OrderBy(entry => entry.Name, StringComparer.Ordinal)
                .Select(entry => KeyValuePair.Create(entry.Name, (JsonNode?)entry.File))),
        }.ToJsonString(Indented) + "\n";
    }
}
