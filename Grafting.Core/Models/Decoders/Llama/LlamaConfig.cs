using System.Text.Json.Nodes;
using Grafting.Core.Models.Layers;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders.Llama;

/// <summary>
/// The Llama family (Llama 1 to 3.3 and models of the same layout). Defaults are those of transformers'
/// <c>configuration_llama.py</c>, which published files rely on.
/// </summary>
/// <param name="Width">Residual width.</param>
/// <param name="FeedForwardWidth">Inner width of the gated feed-forward part.</param>
/// <param name="NormEpsilon">Added to the mean square before the root.</param>
/// <param name="TieEmbeddings">Whether the embedding table is the head as well.</param>
/// <param name="InitialiserRange">Standard deviation of fresh weights; without effect on a loaded checkpoint.</param>
public sealed record LlamaConfig(
    int Width,
    int FeedForwardWidth,
    int Layers,
    int Heads,
    int KvHeads,
    int HeadWidth,
    int Vocabulary,
    int MaxPositions,
    double NormEpsilon,
    RopeConfig Rope,
    bool TieEmbeddings = false,
    bool AttentionBias = false,
    bool MlpBias = false,
    double InitialiserRange = 0.02) : DecoderConfig
{
    public const string Type = "llama";

    public override string ModelType => Type;

    public override DecoderShape Shape => new(Width, Layers, Heads, KvHeads, HeadWidth, Vocabulary, MaxPositions);

    public LlamaConfig Validate()
    {
        Fault.IfOutside(Width, 1, 1 << 20);
        Fault.IfOutside(FeedForwardWidth, 1, 1 << 22);
        // None is embedding, norm and head alone, between which a layer stream runs one layer at a time.
        Fault.IfOutside(Layers, 0, 4096);
        Fault.IfOutside(Heads, 1, 4096);
        Fault.IfOutside(KvHeads, 1, Heads);
        Fault.IfOutside(HeadWidth, 2, 1 << 16);
        Fault.IfOutside(Vocabulary, 1, 1 << 24);
        Fault.IfOutside(MaxPositions, 1, int.MaxValue);
        Fault.IfOutside(NormEpsilon, 0, 1);
        Fault.IfOutside(InitialiserRange, 0, 10);
        if (Heads % KvHeads != 0) throw Fault.Usage($"{Heads} heads cannot share {KvHeads} key/value heads evenly.");
        if (HeadWidth % 2 != 0) throw Fault.Usage($"The head width is {HeadWidth}; rotation needs an even one.");
        Rope.Validate();
        return this;
    }

    public override Decoder Build(Device device, ScalarType dtype) => new Llama(Validate(), device, dtype);

    internal static LlamaConfig Read(ConfigReader config)
    {
        config.IgnoreGeneralFields();
        // The first splits matrix products over devices, the sum is the same; the second is an early name of the position limit.
        config.Ignore("pretraining_tp", "max_sequence_length");
        var width = config.Int("hidden_size", 4096);
        var heads = config.Int("num_attention_heads", 32);
        if (heads < 1) throw Fault.Input($"{config.Source}: num_attention_heads is {heads}.");
        var activation = Activations.Parse(config.String("hidden_act", "silu"), $"{config.Source}: hidden_act");
        if (activation != Activation.Silu)
            throw Fault.Input($"{config.Source}: hidden_act is \"{activation.Name()}\"; the Llama family is supported with \"silu\".");
        var read = new LlamaConfig(
            width,
            config.Int("intermediate_size", 11008),
            config.Int("num_hidden_layers", 32),
            heads,
            config.Int("num_key_value_heads", heads),
            config.Int("head_dim", width / heads),
            config.Int("vocab_size", 32000),
            config.Int("max_position_embeddings", 2048),
            config.Double("rms_norm_eps", 1e-6),
            RopeConfig.Read(config),
            config.Bool("tie_word_embeddings", false),
            config.Bool("attention_bias", false),
            config.Bool("mlp_bias", false),
            config.Double("initializer_range", 0.02));
        config.Finish();
        return config.Check(read.Validate);
    }

    public override DecoderLayer BuildLayer(int index, Device device, ScalarType dtype) =>
        new LlamaLayer(this, new Rotary(Rope, HeadWidth), index, device, dtype);

    // All layers of a Llama are alike.
    public override DecoderConfig WithLayers(IReadOnlyList<int> layers) => this with { Layers = layers.Count };

    public override JsonObject ToJson(ScalarType dtype)
    {
        var json = new JsonObject
        {
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["model_type"] = Type,
            ["hidden_size"] = Width,
            ["intermediate_size"] = FeedForwardWidth,
            ["num_hidden_layers"] = Layers,
            ["num_attention_heads"] = Heads,
            ["num_key_value_heads"] = KvHeads,
            ["head_dim"] = HeadWidth,
            ["vocab_size"] = Vocabulary,
            ["max_position_embeddings"] = MaxPositions,
            ["rms_norm_eps"] = NormEpsilon,
            ["hidden_act"] = "silu",
            ["tie_word_embeddings"] = TieEmbeddings,
            ["attention_bias"] = AttentionBias,
            ["mlp_bias"] = MlpBias,
            ["initializer_range"] = InitialiserRange,
            ["torch_dtype"] = TensorLoading.HuggingFaceName(dtype),
        };
        Rope.Write(json);
        return json;
    }
}
