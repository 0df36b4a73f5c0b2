using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>What a tower is made of, as its family's <c>config.json</c> says it.</summary>
public abstract record VisionTowerConfig
{
    public abstract string ModelType { get; }

    public abstract TowerShape Shape { get; }

    /// <summary>
    /// Whether the family reads pictures of any size, its configuration naming only the size of the position table: then the preprocessor
    /// says the size.
    /// </summary>
    public virtual bool TakesAnySize => false;

    /// <summary>Numbers in all parameters of the tower; counted on an outline without memory.</summary>
    public long CountParameters()
    {
        using var outline = Build(new FeaturePath(Layer: 0, PostNorm: false, KeepClass: false), META, ScalarType.Float32);
        return outline.parameters().Sum(parameter => parameter.numel());
    }

    /// <summary>The tower without what only pools, which no adapter reads.</summary>
    public virtual VisionTowerConfig WithoutPooling() => this;

    /// <summary>The same tower for square pictures of another size, which it has a position table for.</summary>
    /// <exception cref="GraftException">Of kind Usage when the patches do not divide it.</exception>
    public VisionTowerConfig Resized(int imageSize)
    {
        var shape = Shape;
        if (imageSize == shape.ImageSize) return this;
        if (imageSize >= shape.PatchSize && imageSize % shape.PatchSize == 0) return WithImageSize(imageSize);
        var below = Math.Max(1, imageSize / shape.PatchSize) * shape.PatchSize;
        throw Fault.Usage(
            $"tower.imageSize is {imageSize}; the tower's patches of {shape.PatchSize} pixels do not divide it.",
            $"Use a multiple, such as {below} or {below + shape.PatchSize}.");
    }

    /// <summary>A tower with undefined parameters that returns the features of a path.</summary>
    public abstract VisionTower Build(FeaturePath path, Device device, ScalarType dtype);

    /// <summary>The tower's <c>config.json</c>.</summary>
    public abstract JsonObject ToJson(ScalarType dtype);

    /// <summary>
    /// End of the name of a tensor that every tower of the family has once and that nothing else has: it shows where a tower stands.
    /// </summary>
    internal abstract string Landmark { get; }

    /// <summary>Names of the parameters in a checkpoint.</summary>
    /// <param name="prefix">What stands before the tower's own names, with its dot.</param>
    internal abstract KeyMap Keys(string prefix);

    private protected abstract VisionTowerConfig WithImageSize(int imageSize);
}
