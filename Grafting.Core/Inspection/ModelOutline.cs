using System.Text.Json;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Llava;
using Grafting.Core.Models.Towers;
using static TorchSharp.torch;

namespace Grafting.Core.Inspection;

/// <summary>A model without memory: its parameters' names and shapes, and what they are called in a checkpoint.</summary>
sealed record ModelOutline(string Kind, nn.Module Module, KeyMap Keys) : IDisposable
{
    public const string DecoderKind = "decoder";
    public const string TowerKind = "tower";
    public const string LlavaKind = "llava";

    /// <summary>For models of a type that is not known.</summary>
    public const string UnknownKind = "model";

    /// <summary>Which kind of model a configuration describes.</summary>
    public static string KindOf(JsonElement config)
    {
        var type = ConfigEssentials.ModelType(config) ?? "";
        return LlavaConfig.Describes(config) ? LlavaKind
            : DecoderFamilies.Known.Contains(type) ? DecoderKind
            : TowerFamilies.Known.Contains(type) || IsFullModel(config) ? TowerKind
            : UnknownKind;
    }

    /// <param name="tensors">Names in the checkpoint; empty where only the configuration is here.</param>
    /// <exception cref="GraftException">Of kind Input or Usage: the configuration or the names are not those of a known model.</exception>
    public static ModelOutline Of(string folder, JsonElement config, IReadOnlyCollection<string> tensors)
    {
        var source = Path.Combine(folder, Checkpoint.ConfigName);
        switch (KindOf(config))
        {
            case LlavaKind:
                var llava = new Llava(LlavaConfig.Read(config, source), META, ScalarType.Float32);
                return new(LlavaKind, llava, tensors.Count > 0 ? llava.KeysIn(tensors, folder) : Published(llava));
            case TowerKind:
                var tower = TowerFamilies.ReadConfig(config, source);
                var module = tower.Build(new FeaturePath(PostNorm: false, KeepClass: false), META, ScalarType.Float32);
                return new(TowerKind, module, tensors.Count > 0 ? TowerLoading.Keys(tower, tensors, folder) : module.Keys);
            default:
                var decoder = DecoderFamilies.ReadConfig(config, source).Build(META, ScalarType.Float32);
                return new(DecoderKind, decoder, decoder.Keys);
        }
    }

    /// <summary>Every parameter by its name in the checkpoint; by our own name where no checkpoint is here to tell its place.</summary>
    public IEnumerable<(string Name, long[] Shape)> Parameters =>
        Module.named_parameters().Select(p => (Keys.ToTheirs(p.name) ?? p.name, p.parameter.shape));

    /// <summary>Whether the embedding table is the head; null without a decoder.</summary>
    public bool? TiedHead => Kind == TowerKind ? null : !Parameters.Any(p => p.Name.EndsWith("lm_head.weight", StringComparison.Ordinal));

    public void Dispose() => Module.Dispose();

    /// <summary>Names in the layout of published checkpoints, for a LLaVA of which no tensor is here.</summary>
    static KeyMap Published(Llava llava) => llava.Tower.Keys.Under("tower.", "vision_tower.")
        .With(LlavaKeys.Classic.Decoder(llava.Decoder.Keys).Under("decoder.", ""))
        .With(llava.Projector.Keys.Under("projector.", LlavaKeys.Classic.Projector));

    static bool IsFullModel(JsonElement config) =>
        config.TryGetProperty("vision_config", out var vision) && vision.ValueKind == JsonValueKind.Object
        && (
            ConfigEssentials.ModelType(vision) is { } inner
                ? TowerFamilies.Known.Contains(inner)
                : ConfigEssentials.ModelType(config) is "clip" or "siglip");
}
