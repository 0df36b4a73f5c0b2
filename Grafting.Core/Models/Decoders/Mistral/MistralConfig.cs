using System.Text.Json.Nodes;
using Grafting.Core.Models.Decoders.Blocks;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders.Mistral;

/// <summary>
/// Mistral 7B and Mistral-Nemo: a Llama whose layers may all see only the nearest positions, and whose head width is its own. Defaults are
/// those of transformers' <c>configuration_mistral.py</c>.
/// </summary>
/// <param name="Window">Positions that every layer sees, its own included; null for all.</param>
public sealed record MistralConfig(
    DecoderShape Shape, double NormEpsilon, RopeConfig Rope, int? Window, bool TieEmbeddings = false,
    double InitialiserRange = 0.02) : DecoderConfig
{
    public const string Type = "mistral";

    static readonly DecoderShape absent = new(4096, 14336, 32, 32, 8, 0, 32000, 131072);

    public override string ModelType => Type;

    public override KeyMap Keys => DecoderKeys.Map(TieEmbeddings, [.. DecoderKeys.PreNorms, .. DecoderKeys.Matrices]);

    private protected override void Check()
    {
        base.Check();
        if (Window is { } window) Fault.IfOutside(window, 1, int.MaxValue, "sliding_window");
    }

    public override DecoderLayer BuildLayer(int index, Device device, ScalarType dtype) =>
        new PreNormLayer(new(Shape, NormEpsilon, Rope) { Window = Window }, index, device, dtype);

    // All layers of a Mistral are alike.
    public override DecoderConfig WithLayers(IReadOnlyList<int> layers) => this with { Shape = Shape with { Layers = layers.Count } };

    internal static MistralConfig Read(ConfigReader config)
    {
        config.IgnoreGeneralFields();
        config.RequireActivation("hidden_act", Layers.Activation.Silu);
        var shape = DecoderShape.Read(config, absent);
        var read = new MistralConfig(
            shape,
            config.Double("rms_norm_eps", 1e-6),
            RopeJson.Read(config, shape.MaxPositions),
            // Null is "no window", which published files say; absent is the first Mistral's.
            config.IsNull("sliding_window") ? null : config.Int("sliding_window", 4096),
            config.Bool("tie_word_embeddings", false),
            config.Double("initializer_range", 0.02));
        return config.Finish(read);
    }

    public override JsonObject ToJson(ScalarType dtype)
    {
        var json = Describe("MistralForCausalLM", dtype);
        json["hidden_act"] = "silu";
        json["sliding_window"] = Window;
        RopeJson.Write(Rope, json);
        return json;
    }
}
