using System.Text.Json.Nodes;
using Grafting.Core.Models.Decoders.Blocks;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders.Qwen2;

/// <summary>
/// Qwen 2 and 2.5: a Llama with biases of query, key and value, of which later layers may see only the nearest positions. Defaults are
/// those of transformers' <c>configuration_qwen2.py</c>.
/// </summary>
/// <param name="Windows">The layers that see only the nearest positions.</param>
public sealed record Qwen2Config(
    DecoderShape Shape,
    double NormEpsilon,
    RopeConfig Rope,
    LayerWindows Windows,
    bool TieEmbeddings = false,
    double InitialiserRange = 0.02) : DecoderConfig
{
    public const string Type = "qwen2";

    static readonly DecoderShape absent = new(4096, 22016, 32, 32, 32, 0, 151936, 32768);

    public override string ModelType => Type;

    public override LayerWindows? MixedLayers => Windows;

    public override KeyMap Keys => DecoderKeys.Map(TieEmbeddings, [.. DecoderKeys.PreNorms, .. DecoderKeys.Matrices]);

    public override DecoderLayer BuildLayer(int index, Device device, ScalarType dtype) => new PreNormLayer(
        new(Shape, NormEpsilon, Rope) { Window = Windows[index], QueryBias = true }, index, device, dtype);

    public override DecoderConfig WithLayers(IReadOnlyList<int> layers) =>
        this with { Shape = Shape with { Layers = layers.Count }, Windows = Windows.Take(layers) };

    internal static Qwen2Config Read(ConfigReader config)
    {
        config.IgnoreGeneralFields();
        config.RequireActivation("hidden_act", Layers.Activation.Silu);
        // Of the vision-language models, whose text models are written with it.
        config.RequireFalse("use_mrope");
        var shape = DecoderShape.Read(config, absent);
        var read = new Qwen2Config(
            shape,
            config.Double("rms_norm_eps", 1e-6),
            RopeJson.Read(config, shape.MaxPositions),
            QwenWindows.Read(config, shape.Layers),
            config.Bool("tie_word_embeddings", false),
            config.Double("initializer_range", 0.02));
        return config.Finish(read);
    }

    public override JsonObject ToJson(ScalarType dtype)
    {
        var json = Describe("Qwen2ForCausalLM", dtype);
        json["hidden_act"] = "silu";
        QwenWindows.Write(Windows, json);
        RopeJson.Write(Rope, json);
        return json;
    }
}
