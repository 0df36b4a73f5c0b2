using System.Text.Json;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models.Towers.Clip;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Towers;

/// <summary>The tower families by the <c>model_type</c> of their configuration; a new family is one more line here.</summary>
public static class TowerFamilies
{
    sealed record Family(Func<ConfigReader, VisionTowerConfig> Read, Func<IEnumerable<string>, string, KeyMap> FindKeys);

    static readonly Dictionary<string, Family> Families = new(StringComparer.Ordinal)
    {
        [ClipVisionConfig.Type] = new(ClipVisionConfig.Read, ClipVisionKeys.Find),
    };

    public static IReadOnlyCollection<string> Known => Families.Keys;

    /// <summary>Reads a tower's own configuration, or the <c>vision_config</c> inside that of a full CLIP or a LLaVA.</summary>
    /// <exception cref="GraftException">Of kind Input: unknown model type, or a field that is wrong or not supported.</exception>
    public static VisionTowerConfig ReadConfig(JsonElement config, string source = "config.json")
    {
        var reader = Reader(config, source);
        return Find(reader).Read(reader);
    }

    /// <summary>Loads the tower of a Hugging Face checkpoint folder: a tower alone, a full CLIP, or a LLaVA.</summary>
    public static VisionTower Load(string folder, FeaturePath path, Device device, ScalarType dtype)
    {
        using var checkpoint = Checkpoint.Open(folder);
        var reader = Reader(checkpoint.Config, System.IO.Path.Combine(folder, "config.json"));
        var family = Find(reader);
        var config = family.Read(reader);
        var keys = family.FindKeys(checkpoint.Tensors.Keys, folder);
        // Without memory first: a configuration that asks for more than the files hold is refused before it gets any.
        using (var outline = config.Build(path, META, dtype)) Weights.Check(outline, keys, checkpoint.Tensors, folder);
        var tower = config.Build(path, device, dtype);
        try
        {
            Weights.Load(tower, keys, checkpoint.Tensors, folder);
            return tower;
        }
        catch
        {
            tower.Dispose();
            throw;
        }
    }

    /// <summary>Names of a tower's parameters in a checkpoint, wherever in it the tower stands; what belongs to other parts is ignored.</summary>
    /// <param name="source">The checkpoint's folder, for messages.</param>
    public static KeyMap FindKeys(VisionTowerConfig config, IEnumerable<string> tensors, string source) =>
        Families[config.ModelType].FindKeys(tensors, source);

    /// <summary>A tower with fresh weights that depend on the seed alone.</summary>
    public static VisionTower Create(VisionTowerConfig config, FeaturePath path, ulong seed, Device device, ScalarType dtype)
    {
        var tower = config.Build(path, device, dtype);
        tower.Initialise(seed);
        return tower;
    }

    static ConfigReader Reader(JsonElement config, string source)
    {
        var reader = new ConfigReader(config, source);
        return reader.Object("vision_config") ?? reader;
    }

    static Family Find(ConfigReader config)
    {
        var type = config.String("model_type", "");
        return Families.TryGetValue(type, out var family) ? family : throw Fault.Input(
            $"{config.Source}: the model type {Printable.Quote(type)} is not a known vision tower; known are {string.Join(", ", Known.Order(StringComparer.Ordinal))}.");
    }
}
