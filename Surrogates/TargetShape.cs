using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Checkpoints;

namespace Grafting.Surrogates;

/// <summary>
/// The sizes of a decoder, as far as they decide which tensors its checkpoint has. Covers the families whose layers have Llama's parts:
/// llama, mistral, qwen2 (biases on query, key, value) and qwen3 (norms on query and key).
/// </summary>
/// <param name="Width">Residual width.</param>
/// <param name="FeedForward">Inner width of the gated feed-forward part.</param>
/// <param name="Tied">Whether the embedding table is the head as well.</param>
/// <param name="Type">Element type that the configuration names.</param>
public sealed record TargetShape(
    string ModelType, int Layers, int Width, int FeedForward, int Heads, int KvHeads, int HeadWidth, int Vocabulary, bool Tied,
    bool QueryBias, bool OutputBias, bool MlpBias, bool HeadNorms, TensorType Type)
{
    const string Embedding = "model.embed_tokens.weight";
    const string Norm = "model.norm.weight";
    const string Head = "lm_head.weight";

    /// <summary>Everything in front of the layer's number.</summary>
    public const string LayerPrefix = "model.layers.";

    static readonly string[] Families = ["llama", "mistral", "qwen2", "qwen3"];

    /// <summary>The sizes of the model in a folder.</summary>
    /// <exception cref="GraftException">As <see cref="Read"/>, or when the folder holds no model.</exception>
    public static TargetShape In(string folder) => Read(Checkpoint.ReadConfig(folder), Path.Combine(folder, Checkpoint.ConfigName), []);

    /// <param name="source">Where the configuration stands, for messages.</param>
    /// <param name="notes">Receives what had to be assumed.</param>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>: a family that cannot be cut, or a number that is missing or absurd.</exception>
    public static TargetShape Read(JsonElement config, string source, ICollection<string> notes)
    {
        var type = Text(config, "model_type", source);
        if (type is null)
        {
            notes.Add($"{source} names no model_type; taken as llama");
            type = "llama";
        }
        if (!Families.Contains(type))
        {
            throw Fault.Input(
                $"{source}: model_type {Printable.Quote(type)} is not a family that can be cut; known are {string.Join(", ", Families)}.",
                "Choose a target of one of these families.");
        }
        if (config.TryGetProperty("quantization_config", out var quantization) && quantization.ValueKind == JsonValueKind.Object)
            throw Fault.Input($"{source}: the weights are quantised, and only plain ones can be cut.", "Use the unquantised checkpoint.");

        var width = Number(config, "hidden_size", source);
        var heads = Number(config, "num_attention_heads", source);
        var attentionBias = Flag(config, "attention_bias", source);
        return new TargetShape(
            type,
            Number(config, "num_hidden_layers", source),
            width,
            Number(config, "intermediate_size", source),
            heads,
            Number(config, "num_key_value_heads", source, heads),
            Number(config, "head_dim", source, width / heads),
            Number(config, "vocab_size", source),
            Flag(config, "tie_word_embeddings", source),
            QueryBias: attentionBias || type == "qwen2",
            OutputBias: attentionBias,
            MlpBias: Flag(config, "mlp_bias", source),
            HeadNorms: type == "qwen3",
            ElementType(config, source, notes));
    }

    public long EmbeddingParameters => (long)Vocabulary * Width;

    public long LayerParameters => LayerTensors().Sum(tensor => Product(tensor.Shape));

    public long NormParameters => Width;

    /// <summary>0 where the embedding table is the head.</summary>
    public long HeadParameters => Tied ? 0 : EmbeddingParameters;

    /// <summary>Of a decoder with so many of these layers.</summary>
    public long Parameters(int layers) => EmbeddingParameters + layers * LayerParameters + NormParameters + HeadParameters;

    /// <summary>Names, behind the layer's prefix and number, and shapes of what every layer has.</summary>
    public IEnumerable<(string Name, long[] Shape)> LayerTensors()
    {
        long query = (long)Heads * HeadWidth, keyValue = (long)KvHeads * HeadWidth;
        yield return ("input_layernorm.weight", [Width]);
        yield return ("post_attention_layernorm.weight", [Width]);
        foreach (var (name, outputs, inputs, bias) in new (string, long, long, bool)[]
        {
            ("self_attn.q_proj", query, Width, QueryBias),
            ("self_attn.k_proj", keyValue, Width, QueryBias),
            ("self_attn.v_proj", keyValue, Width, QueryBias),
            ("self_attn.o_proj", Width, query, OutputBias),
            ("mlp.gate_proj", FeedForward, Width, MlpBias),
            ("mlp.up_proj", FeedForward, Width, MlpBias),
            ("mlp.down_proj", Width, FeedForward, MlpBias),
        })
        {
            yield return ($"{name}.weight", [outputs, inputs]);
            if (bias) yield return ($"{name}.bias", [outputs]);
        }
        if (!HeadNorms) yield break;
        yield return ("self_attn.q_norm.weight", [HeadWidth]);
        yield return ("self_attn.k_norm.weight", [HeadWidth]);
    }

    /// <summary>Names and shapes of what stands outside of the layers.</summary>
    public IEnumerable<(string Name, long[] Shape)> OuterTensors()
    {
        yield return (Embedding, [Vocabulary, Width]);
        yield return (Norm, [Width]);
        if (!Tied) yield return (Head, [Vocabulary, Width]);
    }

    /// <summary>Tensors that follow from the configuration and may be stored with a layer all the same.</summary>
    public static bool IsOptionalInLayer(string name) => name == "self_attn.rotary_emb.inv_freq";

    static long Product(long[] shape) => shape.Aggregate(1L, (product, size) => product * size);

    static TensorType ElementType(JsonElement config, string source, ICollection<string> notes)
    {
        switch (Text(config, "dtype", source) ?? Text(config, "torch_dtype", source))
        {
            case "float32": return TensorType.F32;
            case "float16": return TensorType.F16;
            case "bfloat16": return TensorType.BF16;
            case null:
                notes.Add($"{source} names no element type; taken as bfloat16");
                return TensorType.BF16;
            case var other:
                throw Fault.Input($"{source}: the element type {Printable.Quote(other)} is not float32, float16 or bfloat16.");
        }
    }

    static int Number(JsonElement config, string name, string source, int? absent = null)
    {
        if (!config.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return absent ?? throw Fault.Input($"{source}: {name} is missing.", "Give a decoder-only language model in Hugging Face's layout.");
        const int Most = 1 << 28;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number is > 0 and <= Most) return number;
        throw Fault.Input($"{source}: {name} is {Printable.Quote(value.GetRawText())}, expected a whole number between 1 and {Most}.");
    }

    static bool Flag(JsonElement config, string name, string source)
    {
        if (!config.TryGetProperty(name, out var value)) return false;
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False or JsonValueKind.Null => false,
            _ => throw Fault.Input($"{source}: {name} is {Printable.Quote(value.GetRawText())}, expected true or false."),
        };
    }

    static string? Text(JsonElement config, string name, string source)
    {
        if (!config.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        return value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : throw Fault.Input($"{source}: {name} is {Printable.Quote(value.GetRawText())}, expected a string.");
    }
}
