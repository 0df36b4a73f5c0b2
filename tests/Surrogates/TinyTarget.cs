using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Surrogates;

namespace Grafting.Tests.Surrogates;

/// <summary>Model folders with random weights.</summary>
static class TinyTarget
{
    public static JsonObject Config(int layers, int width = 8, bool tied = false, string type = "llama") => new()
    {
        ["architectures"] = new JsonArray("LlamaForCausalLM"),
        ["model_type"] = type,
        ["hidden_size"] = width,
        ["intermediate_size"] = 2 * width,
        ["num_hidden_layers"] = layers,
        ["num_attention_heads"] = 2,
        ["num_key_value_heads"] = 1,
        ["vocab_size"] = 16,
        ["rms_norm_eps"] = 1e-05,
        ["tie_word_embeddings"] = tied,
        ["torch_dtype"] = "bfloat16",
    };

    public static JsonElement Element(JsonObject config) => JsonElement.Parse(config.ToJsonString());

    /// <summary>Tensors of random bytes, as the configuration wants them.</summary>
    public static List<TensorSource> Tensors(JsonObject config, int seed)
    {
        var shape = TargetShape.Read(Element(config), "config.json", []);
        var layout = new TargetLayout(TargetShape.ReadConfig(Element(config), "config.json"));
        var random = new Random(seed);
        TensorSource Random(string name, long[] sizes)
        {
            var bytes = new byte[sizes.Aggregate(shape.Type.ByteSize(), (n, size) => n * (int)size)];
            random.NextBytes(bytes);
            return TensorSource.FromBytes(name, shape.Type, sizes, bytes);
        }
        return
        [
            .. layout.Outer.Select(tensor => Random(tensor.Name, tensor.Shape)),
            .. Enumerable.Range(0, shape.Layers).SelectMany(
                layer => layout.Layer.Select(tensor => Random($"model.layers.{layer}.{tensor.Name}", tensor.Shape))),
        ];
    }

    /// <summary>Writes a folder, in one file or in so many shards.</summary>
    public static string Write(string folder, JsonObject config, IReadOnlyList<TensorSource> tensors, int shards = 1)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        if (shards == 1)
        {
            SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors);
            return folder;
        }
        var map = new Dictionary<string, string>();
        foreach (var (shard, i) in tensors.Chunk((tensors.Count + shards - 1) / shards).Select((shard, i) => (shard, i)))
        {
            SafetensorsWriter.Write(Path.Combine(folder, $"part-{i}.safetensors"), shard);
            foreach (var tensor in shard) map[tensor.Name] = $"part-{i}.safetensors";
        }
        File.WriteAllText(Path.Combine(folder, ShardIndex.FileName), JsonSerializer.Serialize(new { weight_map = map }));
        return folder;
    }

    public static string Write(string folder, int layers, int seed = 1, int shards = 1)
    {
        var config = Config(layers);
        return Write(folder, config, Tensors(config, seed), shards);
    }

    public static byte[] Bytes(this Checkpoint checkpoint, string name)
    {
        var tensor = checkpoint.Tensor(name);
        var bytes = new byte[tensor.Entry.ByteCount];
        tensor.Read(bytes);
        return bytes;
    }
}
