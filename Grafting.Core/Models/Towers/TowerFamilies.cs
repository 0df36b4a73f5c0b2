using System.Text.Json;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models.Towers.Clip;
using Grafting.Core.Models.Towers.Dinov2;
using Grafting.Core.Models.Towers.Siglip;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Towers;

/// <summary>The tower families by the <c>model_type</c> of their configuration; a new family is one more line here.</summary>
public static class TowerFamilies
{
    static readonly Dictionary<string, Func<ConfigReader, VisionTowerConfig>> Readers = new(StringComparer.Ordinal)
    {
        [ClipVisionConfig.Type] = ClipVisionConfig.Read,
        [SiglipVisionConfig.Type] = SiglipVisionConfig.Read,
        [Dinov2Config.Type] = Dinov2Config.Read,
        [Dinov2Config.RegistersType] = Dinov2Config.Read,
    };

    /// <summary>The tower of a model whose <c>vision_config</c> names no type, as early files leave it.</summary>
    static readonly Dictionary<string, string> Implied = new(StringComparer.Ordinal)
    {
        ["clip"] = ClipVisionConfig.Type,
        ["siglip"] = SiglipVisionConfig.Type,
        ["siglip2"] = "siglip2_vision_model",
        ["llava"] = ClipVisionConfig.Type,
        ["vipllava"] = ClipVisionConfig.Type,
    };

    static readonly (string, string) NaFlex = (
        "is a SigLIP 2 for pictures of any shape (NaFlex), which is not supported",
        "Use a SigLIP 2 of fixed resolution, such as google/siglip2-so400m-patch14-384.");

    /// <summary>Types that are known and not read, with what to do about it.</summary>
    static readonly Dictionary<string, (string Reason, string Remedy)> Refused = new(StringComparer.Ordinal)
    {
        ["siglip2"] = NaFlex,
        ["siglip2_vision_model"] = NaFlex,
    };

    public static IReadOnlyCollection<string> Known => Readers.Keys;

    /// <summary>Reads a tower's own configuration, or the <c>vision_config</c> inside that of a full CLIP or SigLIP or a LLaVA.</summary>
    /// <exception cref="GraftException">Of kind Input: unknown model type, or a field that is wrong or not supported.</exception>
    public static VisionTowerConfig ReadConfig(JsonElement config, string source = "config.json")
    {
        var whole = new ConfigReader(config, source);
        Quantisation.Refuse(whole);
        if (whole.Object("vision_config") is not { } part) return Read(whole, "");
        var implied = Implied.GetValueOrDefault(whole.String("model_type", ""), "");
        var tower = Read(part, implied);
        // Early full CLIPs say it twice, and transformers believes the second.
        if (whole.Object("vision_config_dict") is { } again && Read(again, tower.ModelType) != tower)
            throw Fault.Input(
                $"{source}: vision_config and vision_config_dict disagree.", "Remove the one that is not true of the weights.");
        return tower;
    }

    /// <summary>
    /// Loads the tower of a Hugging Face checkpoint folder: a tower alone, a full CLIP or SigLIP, or a LLaVA; without what only pools.
    /// </summary>
    public static VisionTower Load(string folder, FeaturePath path, Device device, ScalarType dtype)
    {
        using var checkpoint = Checkpoint.Open(folder);
        var config = ReadConfig(checkpoint).WithoutPooling();
        return TowerLoading.Load(checkpoint, config, config, path, device, dtype);
    }

    /// <summary>
    /// As <see cref="Load"/>, with all that the checkpoint has of the tower: for <see cref="VisionTower.forward_whole"/>.
    /// </summary>
    public static VisionTower LoadWhole(string folder, Device device, ScalarType dtype)
    {
        using var checkpoint = Checkpoint.Open(folder);
        var config = ReadConfig(checkpoint);
        return TowerLoading.Load(checkpoint, config, config, new FeaturePath(KeepClass: config.Shape.ClassTokens > 0), device, dtype);
    }

    /// <summary>The configuration of the tower in a Hugging Face checkpoint folder; reads no tensor.</summary>
    public static VisionTowerConfig ReadConfig(Checkpoint checkpoint) =>
        ReadConfig(checkpoint.Config, Path.Combine(checkpoint.Folder, Checkpoint.ConfigName));

    /// <summary>Names of a tower's parameters in a checkpoint, wherever in it the tower stands; says nothing about other parts.</summary>
    /// <param name="source">The checkpoint's folder, for messages.</param>
    /// <exception cref="GraftException">Of kind Input when there is no tower of that family, or more than one.</exception>
    public static KeyMap FindKeys(VisionTowerConfig config, IEnumerable<string> tensors, string source)
    {
        var landmark = config.Landmark;
        var found = tensors.Where(t => t == landmark || t.EndsWith("." + landmark, StringComparison.Ordinal)).ToArray();
        if (found.Length == 1) return config.Keys(found[0][..^landmark.Length]);
        var named = found.Length == 0 ? "none" : string.Join(", ", found.Take(3).Select(Printable.Quote));
        throw Fault.Input($"{source}: a tower of type {config.ModelType} has one tensor \"{landmark}\"; found: {named}.");
    }

    /// <summary>A tower with fresh weights that depend on the seed alone.</summary>
    public static VisionTower Create(VisionTowerConfig config, FeaturePath path, ulong seed, Device device, ScalarType dtype)
    {
        var tower = config.Build(path, device, dtype);
        tower.Initialise(seed);
        return tower;
    }

    static VisionTowerConfig Read(ConfigReader config, string implied)
    {
        var type = config.String("model_type", implied);
        if (Readers.TryGetValue(type, out var read)) return read(config);
        if (Refused.TryGetValue(type, out var refused))
            throw Fault.Input($"{config.Source}: the model type {Printable.Quote(type)} {refused.Reason}.", refused.Remedy);
        throw Fault.Input(
            $"{config.Source}: the model type {Printable.Quote(type)} is not a known vision tower; known are "
                + $"{string.Join(", ", Known.Order(StringComparer.Ordinal))}.");
    }
}
