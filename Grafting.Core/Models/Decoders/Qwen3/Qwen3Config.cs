using System.Text.Json.Nodes;
using Grafting.Core.Models.Decoders.Blocks;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders.Qwen3;

/// <summary>
/// Qwen 3: a Llama with norms of each head's queries and keys, of which later layers may see only the nearest positions. Defaults are those
/// of transformers' <c>configuration_qwen3.py</c>.
/// </summary>
/// <param name="Windows">The layers that see only the nearest positions.</param>
public sealed record Qwen3Config(
    DecoderShape Shape,
    double NormEpsilon,
    RopeConfig Rope,
    LayerWindows Windows,
    bool TieEmbeddings = false,
    bool AttentionBias = false,
    double InitialiserRange = 0.02) : DecoderConfig
{
    public const string Type = "qwen3";

    static readonly DecoderShape absent = new(4096, 22016, 32, 32, 32, 128, 151936, 32768);

    public override string ModelType => Type;

    public override LayerWindows? MixedLayers => Windows;

    public override KeyMap Keys =>
        DecoderKeys.Map(TieEmbeddings, [.. DecoderKeys.PreNorms, .. DecoderKeys.Matrices, .. DecoderKeys.HeadNorms]);

    public override DecoderLayer BuildLayer(int index, Device device, ScalarType dtype) => new PreNormLayer(
        new(Shape, NormEpsilon, Rope) { Window = Windows[index], HeadNorms = true, QueryBias = AttentionBias, OutputBias = AttentionBias },
        index, device, dtype);

    public override DecoderConfig WithLayers(IReadOnlyList<int> layers) =>
        this with { Shape = Shape with { Layers = layers.Count }, Windows = Windows.Take(layers) };

    internal static Qwen3Config Read(ConfigReader config)
    {
        config.IgnoreGeneralFields();
        config.RequireActivation("hidden_act", Layers.Activation.Silu);
        // Of the vision-language models, whose text models are written with it.
        config.RequireFalse("use_mrope");
        var shape = DecoderShape.Read(config, absent);
        var read = new Qwen3Config(
            shape,
            config.Double("rms_norm_eps", 1e-6),
            RopeJson.Read(config, shape.MaxPositions),
            QwenWindows.Read(config, shape.Layers),
            config.Bool("tie_word_embeddings", false),
            config.Bool("attention_bias", false),
            config.Double("initializer_range", 0.02));
        return config.Finish(read);
    }

    public override JsonObject ToJson(ScalarType dtype)
    {
        var json = Describe("Qwen3ForCausalLM", dtype);
        json["hidden_act"] = "silu";
        json["attention_bias"] = AttentionBias;
        QwenWindows.Write(Windows, json);
        RopeJson.Write(Rope, json);
        return json;
    }
}
