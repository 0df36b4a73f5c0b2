using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using static TorchSharp.torch;

namespace Grafting.Surrogates;

/// <summary>The sizes of a decoder, as far as they decide what it takes to store and to run it. All its layers have the same.</summary>
/// <param name="Width">Residual width.</param>
/// <param name="FeedForward">Inner width of the gated feed-forward part.</param>
/// <param name="Tied">Whether the embedding table is the head as well.</param>
/// <param name="LayerParameters">Numbers in one layer.</param>
/// <param name="LayerMatrices">Those of them that stand in matrices.</param>
/// <param name="Type">Element type that the configuration names.</param>
public sealed record TargetShape(
    string ModelType, int Layers, int Width, int FeedForward, int Heads, int KvHeads, int HeadWidth, int Vocabulary, bool Tied,
    long LayerParameters, long LayerMatrices, TensorType Type)
{
    static readonly string[] Essential = ["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size"];

    /// <summary>The sizes of the model in a folder.</summary>
    /// <exception cref="GraftException">As <see cref="Read"/>, or when the folder holds no model.</exception>
    public static TargetShape In(string folder) => Read(Checkpoint.ReadConfig(folder), Path.Combine(folder, Checkpoint.ConfigName), []);

    /// <param name="source">Where the configuration stands, for messages.</param>
    /// <param name="notes">Receives what had to be assumed.</param>
    /// <exception cref="GraftException">
    /// Of kind <see cref="ErrorKind.Input"/>: a family that is not known, or a field that is missing, wrong or not supported.
    /// </exception>
    public static TargetShape Read(JsonElement config, string source, ICollection<string> notes)
    {
        if (!Has(config, "model_type")) notes.Add($"{source} names no model_type; taken as llama");
        var decoder = ReadConfig(config, source);
        // Libraries have defaults for these, but a target that does not say them is not meant to be one.
        foreach (var name in Essential)
            if (!Has(config, name))
                throw Fault.Input($"{source}: {name} is missing.", "Give a decoder-only language model in Hugging Face's layout.");
        var type = ElementType(config, source, notes);
        var shape = decoder.Shape;
        if (shape.Layers < 1) throw Fault.Input($"{source}: num_hidden_layers is {shape.Layers}; a target has at least one.");
        using var layer = decoder.BuildLayer(0, META, ScalarType.Float32);
        var parameters = layer.parameters().ToList();
        return new TargetShape(
            decoder.ModelType, shape.Layers, shape.Width, shape.FeedForwardWidth, shape.Heads, shape.KvHeads, shape.HeadWidth,
            shape.Vocabulary,
            decoder.TieEmbeddings, parameters.Sum(p => p.numel()), parameters.Where(p => p.dim() > 1).Sum(p => p.numel()), type);
    }

    /// <summary>The configuration of a target, which may be so old that it does not name its family.</summary>
    public static DecoderConfig ReadConfig(JsonElement config, string source) =>
        DecoderFamilies.ReadConfig(config, source, absentType: "llama");

    public long EmbeddingParameters => (long)Vocabulary * Width;

    public long NormParameters => Width;

    /// <summary>0 where the embedding table is the head.</summary>
    public long HeadParameters => Tied ? 0 : EmbeddingParameters;

    /// <summary>Of a decoder with so many of these layers.</summary>
    public long Parameters(int layers) => EmbeddingParameters + layers * LayerParameters + NormParameters + HeadParameters;

    static bool Has(JsonElement config, string name) => config.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

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

    static string? Text(JsonElement config, string name, string source)
    {
        if (!config.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        return value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : throw Fault.Input($"{source}: {name} is {Printable.Quote(value.GetRawText())}, expected a string.");
    }
}
