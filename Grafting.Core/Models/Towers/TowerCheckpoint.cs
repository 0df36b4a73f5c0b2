using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Towers;

/// <summary>The tower of a checkpoint folder at the size at which it is used, without what only pools.</summary>
/// <param name="Stored">What the checkpoint holds.</param>
/// <param name="Config">The same, for the size of pictures that it is used at.</param>
/// <param name="Preprocessing">What it wants its pictures to be, at that size; null where the folder does not say.</param>
public sealed record TowerCheckpoint(string Folder, VisionTowerConfig Stored, VisionTowerConfig Config, PreprocessorConfig? Preprocessing)
{
    /// <param name="imageSize">
    /// Side of the pictures; null takes them as the checkpoint does: at the configuration's size, or, in a family that takes any, the
    /// preprocessor's.
    /// </param>
    /// <exception cref="GraftException">
    /// The sizes contradict each other, or the patches do not divide the one that is asked for.
    /// </exception>
    public static TowerCheckpoint Read(string folder, int? imageSize = null)
    {
        var source = Path.Combine(folder, Checkpoint.ConfigName);
        var stored = TowerFamilies.ReadConfig(Checkpoint.ReadConfig(folder), source).WithoutPooling();
        var preprocessing = PreprocessorConfig.Find(folder);
        if (imageSize is { } size) return new(folder, stored, stored.Resized(size), preprocessing?.Resized(size));
        if (preprocessing is null || preprocessing.ImageSize == stored.Shape.ImageSize) return new(folder, stored, stored, preprocessing);
        if (stored.TakesAnySize) return new(folder, stored, stored.Resized(preprocessing.ImageSize), preprocessing);
        throw Fault.Input(
            $"{source}: the tower reads pictures of {stored.Shape.ImageSize} pixels, but its preprocessor makes them "
                + $"{preprocessing.ImageSize}.",
            "Set tower.imageSize to the size that is meant.");
    }

    /// <summary>The preprocessing, which training and asking need.</summary>
    /// <exception cref="GraftException">Of kind Input where the folder does not have it.</exception>
    public PreprocessorConfig RequirePreprocessing() => Preprocessing ?? PreprocessorConfig.Read(Folder);

    public VisionTower Load(FeaturePath path, Device device, ScalarType dtype)
    {
        using var checkpoint = Checkpoint.Open(Folder);
        return TowerLoading.Load(checkpoint, Stored, Config, path, device, dtype);
    }
}
