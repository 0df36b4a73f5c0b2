using System.Text.Json.Nodes;
using Grafting.Core.Models.Decoders.Blocks;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders.Llama;

/// <summary>
/// The Llama family (Llama 1 to 3.3 and models of the same layout). Defaults are those of transformers'
/// <c>configuration_llama.py</c>, which published files rely on.
/// </summary>
public sealed record LlamaConfig(
    DecoderShape Shape,
    double NormEpsilon,
    RopeConfig Rope,
    bool TieEmbeddings = false,
    bool AttentionBias = false,
    bool MlpBias = false,
    double InitialiserRange = 0.02) : DecoderConfig
{
    public const string Type = "llama";

    static readonly DecoderShape absent = new(4096, 11008, 32, 32, 0, 0, 32000, 2048);

    public override string ModelType => Type;

    public override KeyMap Keys => DecoderKeys.Map(TieEmbeddings, [.. DecoderKeys.PreNorms, .. DecoderKeys.Matrices]);

    public override DecoderLayer BuildLayer(int index, Device device, ScalarType dtype) => new PreNormLayer(
        new(Shape, NormEpsilon, Rope) { QueryBias = AttentionBias, OutputBias = AttentionBias, MlpBias = MlpBias }, index, device, dtype);

    // All layers of a Llama are alike.
    public override DecoderConfig WithLayers(IReadOnlyList<int> layers) => this with { Shape = Shape with { Layers = layers.Count } };

    internal static LlamaConfig Read(ConfigReader config)
    {
        config.IgnoreGeneralFields();
        // The first splits matrix products over devices, the sum is the same; the second is an early name of the position limit.
        config.Ignore("pretraining_tp", "max_sequence_length");
        config.RequireActivation("hidden_act", Layers.Activation.Silu);
        var shape = DecoderShape.Read(config, absent);
        var read = new LlamaConfig(
            shape,
            config.Double("rms_norm_eps", 1e-6),
            RopeJson.Read(config, shape.MaxPositions),
            config.Bool("tie_word_embeddings", false),
            config.Bool("attention_bias", false),
            config.Bool("mlp_bias", false),
            config.Double("initializer_range", 0.02));
        return config.Finish(read);
    }

    public override JsonObject ToJson(ScalarType dtype)
    {
        var json = Describe("LlamaForCausalLM", dtype);
        json["hidden_act"] = "silu";
        json["attention_bias"] = AttentionBias;
        json["mlp_bias"] = MlpBias;
        RopeJson.Write(Rope, json);
        return json;
    }
}
