using System.Text.Json.Nodes;
using Grafting.Core.Models.Decoders.Blocks;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders.Phi3;

/// <summary>
/// Phi-3 with contexts of 4,096 positions: a Mistral whose query, key and value are stored as one matrix, and so are gate and up. The
/// variants with scaled or partial rotation are refused. Defaults are those of transformers' <c>configuration_phi3.py</c>.
/// </summary>
/// <param name="Window">Positions that every layer sees, its own included; null for all.</param>
public sealed record Phi3Config(
    DecoderShape Shape, double NormEpsilon, RopeConfig Rope, int? Window, bool TieEmbeddings = false,
    double InitialiserRange = 0.02) : DecoderConfig
{
    public const string Type = "phi3";

    static readonly DecoderShape absent = new(3072, 8192, 32, 32, 0, 0, 32064, 4096);

    public override string ModelType => Type;

    public override KeyMap Keys => DecoderKeys.Map(
        TieEmbeddings,
        [
            .. DecoderKeys.PreNorms,
            ("attention.query_key_value", "self_attn.qkv_proj"),
            ("attention.output", "self_attn.o_proj"),
            ("feed_forward.gate_up", "mlp.gate_up_proj"),
            ("feed_forward.down", "mlp.down_proj"),
        ]);

    private protected override void Check()
    {
        base.Check();
        if (Window is { } window) Fault.IfOutside(window, 1, int.MaxValue, "sliding_window");
    }

    public override DecoderLayer BuildLayer(int index, Device device, ScalarType dtype) =>
        new PreNormLayer(new(Shape, NormEpsilon, Rope) { Window = Window, Fused = true }, index, device, dtype);

    // All layers of a Phi-3 are alike.
    public override DecoderConfig WithLayers(IReadOnlyList<int> layers) => this with { Shape = Shape with { Layers = layers.Count } };

    internal static Phi3Config Read(ConfigReader config)
    {
        config.IgnoreGeneralFields();
        // Dropout is for training; the original context matters to scaled rotations only; remote code is of older versions.
        config.Ignore("resid_pdrop", "embd_pdrop", "original_max_position_embeddings", "auto_map");
        config.RequireFalse("attention_bias");
        config.RequireActivation("hidden_act", Layers.Activation.Silu);
        if (config.Double("partial_rotary_factor", 1) is var part and not 1)
            throw Fault.Input($"{config.Source}: partial_rotary_factor is {part}; only heads that are rotated whole are supported.");
        var shape = DecoderShape.Read(config, absent);
        var read = new Phi3Config(
            shape,
            config.Double("rms_norm_eps", 1e-5),
            RopeJson.Read(config, shape.MaxPositions),
            config.Has("sliding_window") ? config.Int("sliding_window") : null,
            config.Bool("tie_word_embeddings", false),
            config.Double("initializer_range", 0.02));
        return config.Finish(read);
    }

    public override JsonObject ToJson(ScalarType dtype)
    {
        var json = Describe("Phi3ForCausalLM", dtype);
        json["hidden_act"] = "silu";
        json["sliding_window"] = Window;
        RopeJson.Write(Rope, json);
        return json;
    }
}
