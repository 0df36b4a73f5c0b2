using System.Text.Json.Nodes;
using Grafting.Core.Models.Decoders.Blocks;
using Grafting.Core.Models.Layers;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders.Gemma2;

/// <summary>
/// Gemma 2: norms on both sides of each part that multiply by 1 + weight, scaled embeddings, capped scores and logits, every other layer
/// seeing only the nearest positions. Defaults are those of transformers' <c>configuration_gemma2.py</c>.
/// </summary>
/// <param name="Windows">The layers that see only the nearest positions.</param>
/// <param name="QueryScalar">What scores are divided by the root of.</param>
/// <param name="ScoreCap">c where attention scores become c·tanh(score / c).</param>
/// <param name="FinalCap">The same of the logits.</param>
public sealed record Gemma2Config(
    DecoderShape Shape,
    double NormEpsilon,
    RopeConfig Rope,
    LayerWindows Windows,
    double QueryScalar,
    Activation Activation = Activation.GeluTanh,
    bool TieEmbeddings = true,
    bool AttentionBias = false,
    double? ScoreCap = null,
    double? FinalCap = null,
    double InitialiserRange = 0.02) : DecoderConfig
{
    public const string Type = "gemma2";

    static readonly DecoderShape absent = new(2304, 9216, 26, 8, 4, 256, 256000, 8192);

    public override string ModelType => Type;

    public override LayerWindows? MixedLayers => Windows;

    public override KeyMap Keys => DecoderKeys.Map(TieEmbeddings, [.. DecoderKeys.SandwichNorms, .. DecoderKeys.Matrices]);

    public override double EmbeddingScale => Math.Sqrt(Shape.Width);

    public override bool ScalesGivenEmbeddings => true;

    public override bool UnitOffsetNorms => true;

    public override double? LogitCap => FinalCap;

    private protected override void Check()
    {
        base.Check();
        Fault.IfOutside(QueryScalar, 1e-3, 1e6, "query_pre_attn_scalar");
        if (ScoreCap is { } score) Fault.IfOutside(score, 1e-3, 1e6, "attn_logit_softcapping");
        if (FinalCap is { } final) Fault.IfOutside(final, 1e-3, 1e6, "final_logit_softcapping");
    }

    public override DecoderLayer BuildLayer(int index, Device device, ScalarType dtype) => new SandwichLayer(
        new(Shape, NormEpsilon, Rope)
        {
            Window = Windows[index],
            QueryBias = AttentionBias,
            OutputBias = AttentionBias,
            UnitOffsetNorms = true,
            Activation = Activation,
            QueryScalar = QueryScalar,
            ScoreCap = ScoreCap,
        },
        index,
        device,
        dtype);

    public override DecoderConfig WithLayers(IReadOnlyList<int> layers) =>
        this with { Shape = Shape with { Layers = layers.Count }, Windows = Windows.Take(layers) };

    internal static Gemma2Config Read(ConfigReader config)
    {
        config.IgnoreGeneralFields();
        // How caches are laid out, and a name of the activation that the reference does not read.
        config.Ignore("cache_implementation", "hidden_act");
        config.RequireFalse("use_bidirectional_attention");
        var shape = DecoderShape.Read(config, absent);
        var window = config.Int("sliding_window", 4096);
        var read = new Gemma2Config(
            shape,
            config.Double("rms_norm_eps", 1e-6),
            RopeJson.Read(config, shape.MaxPositions),
            LayerWindows.Read(config, window) ?? LayerWindows.Where(shape.Layers, window, layer => layer % 2 == 0),
            config.Double("query_pre_attn_scalar", 256),
            Activations.Parse(config.String("hidden_activation", "gelu_pytorch_tanh"), $"{config.Source}: hidden_activation"),
            config.Bool("tie_word_embeddings", true),
            config.Bool("attention_bias", false),
            config.IsNull("attn_logit_softcapping") ? null : config.Double("attn_logit_softcapping", 50),
            config.IsNull("final_logit_softcapping") ? null : config.Double("final_logit_softcapping", 30),
            config.Double("initializer_range", 0.02));
        return config.Finish(read);
    }

    public override JsonObject ToJson(ScalarType dtype)
    {
        var json = Describe("Gemma2ForCausalLM", dtype);
        json["hidden_activation"] = Activation.Name();
        json["attention_bias"] = AttentionBias;
        json["query_pre_attn_scalar"] = QueryScalar;
        json["sliding_window"] = Windows.Window;
        json["layer_types"] = Windows.ToJson();
        json["attn_logit_softcapping"] = ScoreCap;
        json["final_logit_softcapping"] = FinalCap;
        RopeJson.Write(Rope, json);
        return json;
    }
}
