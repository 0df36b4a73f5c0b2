using System.Globalization;
using Grafting.Core;
using Grafting.Surrogates.Analysis;

namespace Grafting.Surrogates.Planning;

/// <summary>Where a plan takes a target to pass to its late phase: a surrogate that keeps every layer before it grafts best.</summary>
/// <param name="Layer">The first layer of the later phase.</param>
/// <param name="Measured">Whether it was measured for this target, or follows from a published cut.</param>
/// <param name="Source">In words, where it comes from.</param>
public sealed record KnownTransition(int Layer, bool Measured, string Source)
{
    /// <exception cref="GraftException">Usage, for a layer that the target does not have.</exception>
    public static KnownTransition At(int layer, TargetShape target)
    {
        if (layer >= 1 && layer < target.Layers) return new(layer, true, "measured");
        throw Fault.Usage(
            $"--transition is {layer}; it must be between 1 and {target.Layers - 1}, the target's last layer.",
            "Give the first layer of the later phase, counted from 0.");
    }

    /// <summary>
    /// From an analysis of the target: the first layer that it would replace, the upper end of the interval. Null where it found none, or
    /// was of another target.
    /// </summary>
    /// <param name="target">Folder of the target.</param>
    public static KnownTransition? Of(AnalysisFolder analysis, string target) =>
        analysis.Result.Facts.TargetPath == Path.GetFullPath(target) && analysis.Result.Analysis.Trajectory is { } found
            ? new(found.High, true, $"measured by {analysis.Folder}")
            : null;

    /// <summary>
    /// From the published cut of this target, else from that of the target with the most similar depth, at the same fraction of the depth
    /// (rounded up). The cuts were read off by eye; one that is borrowed says little about another model.
    /// </summary>
    public static KnownTransition Published(TargetShape target)
    {
        var cut = PublishedCuts.Nearest(target);
        if (cut.IsFor(target)) return new(cut.Replaced.First, false, $"published cut of this shape ({cut.Target})");
        var layer = Math.Clamp((int)Math.Ceiling((double)cut.Replaced.First * target.Layers / cut.TargetLayers), 1, target.Layers - 1);
        return new(layer, false, string.Create(
            CultureInfo.InvariantCulture, $"borrowed from {cut.Target}, cut at layer {cut.Replaced.First} of {cut.TargetLayers}"));
    }

    /// <summary>How many layers in front of the transition a surrogate with that many kept layers leaves out; 0 at or after it.</summary>
    public int LayersBefore(int keptPrefix) => Math.Max(0, Layer - keptPrefix);

    /// <param name="what">How the transition is called in the sentence.</param>
    public string Describe(int keptPrefix, string what = "it") => LayersBefore(keptPrefix) switch
    {
        0 => $"at or after {what}",
        1 => $"1 layer before {what}",
        var layers => string.Create(CultureInfo.InvariantCulture, $"{layers} layers before {what}"),
    };
}
