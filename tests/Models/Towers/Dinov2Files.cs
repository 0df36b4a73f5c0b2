using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Tests.Support;

namespace Grafting.Tests.Models.Towers;

/// <summary>
/// Tiny random DINOv2 checkpoints as transformers lays them out: the names and sizes of its modules, written down once more.
/// </summary>
sealed class Dinov2Files : IDisposable
{
    public const int Width = 12, Layers = 2, Heads = 3, Patch = 4, Side = 3;

    readonly TempFolder _folder = new();

    /// <param name="registers">Null for the family without them.</param>
    /// <param name="prefix">In front of all names.</param>
    /// <param name="classifier">Whether the head of an image classifier stands beside it.</param>
    public Dinov2Files(
        bool gated = false, int? registers = null, bool qkvBias = true, string prefix = "", bool classifier = false, int seed = 5)
    {
        (Gated, Registers) = (gated, registers);
        var random = new Random(seed);
        var tensors = new List<TensorSource>();
        foreach (var (name, shape) in Shapes(qkvBias))
        {
            var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
            // Norms and scales around one, so that nothing is small; matrices so that sums stay near one.
            var (middle, spread) = name.EndsWith("lambda1", StringComparison.Ordinal)
                || (name.Contains("norm", StringComparison.Ordinal) && name.EndsWith("weight", StringComparison.Ordinal))
                ? (1.0, 0.3) : shape.Length == 2 ? (0.0, 1.2 / Math.Sqrt(shape[1])) : (0.0, 0.4);
            for (var i = 0; i < values.Length; i++) values[i] = (float)(middle + (spread * Gaussian(random)));
            Tensors[name] = Array.ConvertAll(values, value => (double)value);
            tensors.Add(TensorSource.FromFloats(prefix + name, shape, values));
        }
        tensors.Add(TowerFiles.Zeros(prefix + "embeddings.mask_token", 1, Width));
        if (classifier) tensors.AddRange([TowerFiles.Zeros("classifier.weight", 5, 2 * Width), TowerFiles.Zeros("classifier.bias", 5)]);
        CheckpointWriter.Write(_folder.Path, tensors);
        _folder.Write(Checkpoint.ConfigName, Config(qkvBias).ToJsonString());
    }

    public bool Gated { get; }

    public int? Registers { get; }

    public string Folder => _folder.Path;

    /// <summary>Side of the pictures that the position table is for.</summary>
    public static int ImageSize => Side * Patch;

    /// <summary>Inner width as transformers computes it from the ratio of 4.</summary>
    public int Inner => Gated ? 32 : 48;

    public Dictionary<string, double[]> Tensors { get; } = new(StringComparer.Ordinal);

    public DoubleTower Reference(IReadOnlyDictionary<string, double[]>? tensors = null) => new(
        new(Width, Heads, Layers, Patch, Side, Registers: Registers ?? 0, Gated: Gated, Antialias: Registers is not null),
        tensors ?? Tensors);

    /// <summary>As <c>facebook/dinov2-large</c> and its siblings have it, whatever has no effect included.</summary>
    JsonObject Config(bool qkvBias)
    {
        var json = new JsonObject
        {
            ["architectures"] = new JsonArray(Registers is null ? "Dinov2Model" : "Dinov2WithRegistersModel"),
            ["attention_probs_dropout_prob"] = 0.0,
            ["drop_path_rate"] = 0.0,
            ["hidden_act"] = "gelu",
            ["hidden_dropout_prob"] = 0.0,
            ["hidden_size"] = Width,
            ["image_size"] = ImageSize,
            ["initializer_range"] = 0.02,
            ["layer_norm_eps"] = 1e-06,
            ["layerscale_value"] = 1.0,
            ["mlp_ratio"] = 4,
            ["model_type"] = Registers is null ? "dinov2" : "dinov2_with_registers",
            ["num_attention_heads"] = Heads,
            ["num_channels"] = 3,
            ["num_hidden_layers"] = Layers,
            ["out_features"] = new JsonArray("stage2"),
            ["out_indices"] = new JsonArray(2),
            ["patch_size"] = Patch,
            ["qkv_bias"] = qkvBias,
            ["apply_layernorm"] = true,
            ["reshape_hidden_states"] = true,
            ["stage_names"] = new JsonArray("stem", "stage1", "stage2"),
            ["torch_dtype"] = "float32",
            ["transformers_version"] = "4.31.0.dev0",
            ["use_swiglu_ffn"] = Gated,
        };
        if (Registers is { } count) json["num_register_tokens"] = count;
        return json;
    }

    IEnumerable<(string Name, long[] Shape)> Shapes(bool qkvBias)
    {
        yield return ("embeddings.cls_token", [1, 1, Width]);
        yield return ("embeddings.position_embeddings", [1, 1 + (Side * Side), Width]);
        if (Registers is { } count) yield return ("embeddings.register_tokens", [1, count, Width]);
        yield return ("embeddings.patch_embeddings.projection.weight", [Width, 3, Patch, Patch]);
        yield return ("embeddings.patch_embeddings.projection.bias", [Width]);
        for (var layer = 0; layer < Layers; layer++)
        {
            var block = $"encoder.layer.{layer}.";
            foreach (var norm in (string[])["norm1", "norm2"])
                foreach (var leaf in (string[])["weight", "bias"]) yield return ($"{block}{norm}.{leaf}", [Width]);
            foreach (var part in (string[])["attention.query", "attention.key", "attention.value", "output.dense"])
            {
                yield return ($"{block}attention.{part}.weight", [Width, Width]);
                if (qkvBias || part == "output.dense") yield return ($"{block}attention.{part}.bias", [Width]);
            }
            yield return ($"{block}layer_scale1.lambda1", [Width]);
            yield return ($"{block}layer_scale2.lambda1", [Width]);
            var (into, back, rows) = Gated ? ("weights_in", "weights_out", 2 * Inner) : ("fc1", "fc2", Inner);
            yield return ($"{block}mlp.{into}.weight", [rows, Width]);
            yield return ($"{block}mlp.{into}.bias", [rows]);
            yield return ($"{block}mlp.{back}.weight", [Width, Inner]);
            yield return ($"{block}mlp.{back}.bias", [Width]);
        }
        yield return ("layernorm.weight", [Width]);
        yield return ("layernorm.bias", [Width]);
    }

    public static double Gaussian(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    public void Dispose() => _folder.Dispose();
}
