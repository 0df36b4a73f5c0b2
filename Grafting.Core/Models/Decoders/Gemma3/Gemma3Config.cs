using System.Text.Json.Nodes;
using Grafting.Core.Models.Decoders.Blocks;
using Grafting.Core.Models.Layers;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders.Gemma3;

/// <summary>
/// Gemma 3's text model: Gemma 2 with norms of each head's queries and keys instead of caps, and a rotation of their own for the layers
/// that see only the nearest positions. Defaults are those of transformers' <c>configuration_gemma3.py</c>.
/// </summary>
/// <param name="Windows">The layers that see only the nearest positions.</param>
/// <param name="QueryScalar">What scores are divided by the root of.</param>
/// <param name="Rope">Of the layers that see everything.</param>
/// <param name="LocalRope">Of the layers with a window; null for a base of 10,000.</param>
public sealed record Gemma3Config(
    DecoderShape Shape,
    double NormEpsilon,
    RopeConfig Rope,
    LayerWindows Windows,
    double QueryScalar,
    Activation Activation = Activation.GeluTanh,
    bool TieEmbeddings = true,
    bool AttentionBias = false,
    RopeConfig? LocalRope = null,
    double InitialiserRange = 0.02) : DecoderConfig
{
    public const string Type = "gemma3_text";

    static readonly DecoderShape absent = new(2304, 9216, 26, 8, 4, 256, 262208, 131072);

    public override string ModelType => Type;

    public override LayerWindows? MixedLayers => Windows;

    public override KeyMap Keys =>
        DecoderKeys.Map(TieEmbeddings, [.. DecoderKeys.SandwichNorms, .. DecoderKeys.Matrices, .. DecoderKeys.HeadNorms]);

    public override double EmbeddingScale => Math.Sqrt(Shape.Width);

    public override bool UnitOffsetNorms => true;

    RopeConfig Local => LocalRope ?? new RopeConfig();

    private protected override void Check()
    {
        base.Check();
        Fault.IfOutside(QueryScalar, 1e-3, 1e6, "query_pre_attn_scalar");
        Local.Validate();
    }

    public override DecoderLayer BuildLayer(int index, Device device, ScalarType dtype) => new SandwichLayer(
        new(Shape, NormEpsilon, Windows[index] is null ? Rope : Local)
        {
            Window = Windows[index],
            QueryBias = AttentionBias,
            OutputBias = AttentionBias,
            UnitOffsetNorms = true,
            Activation = Activation,
            QueryScalar = QueryScalar,
            HeadNorms = true,
        },
        index,
        device,
        dtype);

    public override DecoderConfig WithLayers(IReadOnlyList<int> layers) =>
        this with { Shape = Shape with { Layers = layers.Count }, Windows = Windows.Take(layers) };

    internal static Gemma3Config Read(ConfigReader config)
    {
        config.IgnoreGeneralFields();
        // How caches are laid out, and a name of the activation that the reference does not read.
        config.Ignore("cache_implementation", "hidden_act");
        config.RequireFalse("use_bidirectional_attention");
        var shape = DecoderShape.Read(config, absent);
        var window = config.Int("sliding_window", 4096);
        // Gemma 2's caps, which no Gemma 3 has.
        config.RequireFalse("attn_logit_softcapping");
        config.RequireFalse("final_logit_softcapping");
        var pattern = config.Int("sliding_window_pattern", config.Int("_sliding_window_pattern", 6));
        if (pattern < 1) throw Fault.Input($"{config.Source}: sliding_window_pattern is {pattern}.");
        var (global, local) = ReadRopes(config, shape.MaxPositions);
        var read = new Gemma3Config(
            shape,
            config.Double("rms_norm_eps", 1e-6),
            global,
            LayerWindows.Read(config, window) ?? LayerWindows.Where(shape.Layers, window, layer => (layer + 1) % pattern != 0),
            config.Double("query_pre_attn_scalar", 256),
            Activations.Parse(config.String("hidden_activation", "gelu_pytorch_tanh"), $"{config.Source}: hidden_activation"),
            config.Bool("tie_word_embeddings", true),
            config.Bool("attention_bias", false),
            local,
            config.Double("initializer_range", 0.02));
        return config.Finish(read);
    }

    /// <summary>
    /// Two rotations: transformers v5 nests one per type of layer in <c>rope_parameters</c>; before, <c>rope_theta</c> and
    /// <c>rope_scaling</c> were those of the layers that see everything, and <c>rope_local_base_freq</c> that of the others.
    /// </summary>
    static (RopeConfig Global, RopeConfig Local) ReadRopes(ConfigReader config, int positions)
    {
        const double GlobalTheta = 1_000_000, LocalTheta = 10_000;
        var hasOlder = config.Has("rope_theta") | config.Has("rope_scaling") | config.Has("rope_local_base_freq");
        var older = (
            Global: RopeJson.ReadScaling(config.Object("rope_scaling"), config.Double("rope_theta", GlobalTheta), positions),
            Local: new RopeConfig(config.Double("rope_local_base_freq", LocalTheta)));
        if (config.Object("rope_parameters") is not { } parameters) return older;
        var newer = (Global: Part("full_attention", GlobalTheta), Local: Part("sliding_attention", LocalTheta));
        parameters.Finish();
        if (hasOlder && newer != older)
            throw Fault.Input(
                $"{config.Source}: rope_parameters and the older fields (rope_theta, rope_scaling, rope_local_base_freq) disagree: "
                    + $"{newer} against {older}.");
        return newer;

        RopeConfig Part(string type, double absentTheta)
        {
            var part = parameters.Object(type);
            return RopeJson.ReadScaling(part, part?.Double("rope_theta", absentTheta) ?? absentTheta, positions);
        }
    }

    public override JsonObject ToJson(ScalarType dtype)
    {
        var json = Describe("Gemma3ForCausalLM", dtype);
        json["hidden_activation"] = Activation.Name();
        json["attention_bias"] = AttentionBias;
        json["query_pre_attn_scalar"] = QueryScalar;
        json["sliding_window"] = Windows.Window;
        json["layer_types"] = Windows.ToJson();
        RopeJson.Write(Rope, json);
        json["rope_local_base_freq"] = Local.Theta;
        // The older spelling has no scaling for these layers.
        if (Local.Scaling != RopeScaling.None)
            throw Fault.Usage(
                $"The rotation of the layers with a window is scaled ({Local.Scaling}), which this form of config.json cannot say.");
        return json;
    }
}
