using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using static TorchSharp.torch;

namespace Grafting.Surrogates;

/// <summary>The tensors that a target's configuration promises, by their names in its checkpoint.</summary>
public sealed class TargetLayout
{
    /// <summary>Everything in front of the layer's number.</summary>
    public const string LayerPrefix = "model.layers.";

    readonly KeyMap _keys;

    public TargetLayout(DecoderConfig config)
    {
        (Config, _keys) = (config, config.Keys);
        using var ends = config.WithLayers([]).Build(META, ScalarType.Float32);
        using var layer = config.BuildLayer(0, META, ScalarType.Float32);
        Outer = Named(ends, "");
        // All layers of a family have the same tensors; the number is replaced by that of the layer in question.
        Layer = [.. Named(layer, $"{Decoder.LayerPrefix}0.").Select(tensor => (tensor.Name[$"{LayerPrefix}0.".Length..], tensor.Shape))];
    }

    public DecoderConfig Config { get; }

    public int Layers => Config.Shape.Layers;

    /// <summary>What stands outside of the layers.</summary>
    public IReadOnlyList<(string Name, long[] Shape)> Outer { get; }

    /// <summary>What every layer has, behind its prefix and number.</summary>
    public IReadOnlyList<(string Name, long[] Shape)> Layer { get; }

    public static TargetLayout Of(Checkpoint target) =>
        new(TargetShape.ReadConfig(target.Config, Path.Combine(target.Folder, Checkpoint.ConfigName)));

    /// <summary>Whether a tensor follows from the configuration and may be stored all the same.</summary>
    public bool IsOptional(string name) => _keys.Ignores(name) || _keys.OriginalOf(name) is not null;

    List<(string Name, long[] Shape)> Named(nn.Module module, string prefix) =>
        [.. module.named_parameters().Select(p => (_keys.ToTheirs(prefix + p.name)!, p.parameter.shape))];
}
