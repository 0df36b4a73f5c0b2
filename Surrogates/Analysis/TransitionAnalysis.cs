using System.Globalization;
using Grafting.Core;
using Grafting.Core.Evaluation;

namespace Grafting.Surrogates.Analysis;

/// <summary>Where a criterion sees the late phase begin.</summary>
/// <param name="Layer">First layer of the late phase, in the mean of all samples.</param>
/// <param name="Low">Lower end of the 95 % interval.</param>
/// <param name="High">Upper end of the 95 % interval.</param>
/// <param name="Support">Share of the resamples that give the very same layer.</param>
public sealed record Transition(int Layer, int Low, int High, double Support)
{
    public bool Meets(Transition other) => Low <= other.High && other.Low <= High;

    /// <summary>"layer 15 (14 to 16)".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"layer {Layer} ({Low} to {High})");
}

/// <summary>What one criterion says.</summary>
/// <param name="Transition">Null where none is visible.</param>
/// <param name="Reason">Why there is none, as a sentence; null where there is one.</param>
/// <param name="Evidence">Of two phases against one, see <see cref="ChangePoint.Evidence"/>; null where that was not asked.</param>
/// <param name="Mean">Of the samples at every layer, with its 95 % interval over the samples.</param>
public sealed record Finding(Transition? Transition, string? Reason, double? Evidence, IReadOnlyList<Interval> Mean);

/// <summary>Where the target passes to its late phase, and which layers that lets a surrogate replace.</summary>
/// <param name="Findings">By criterion.</param>
/// <param name="Proposal">Null where no cut is proposed.</param>
/// <param name="NoProposal">Why none is, as a sentence; null where there is one.</param>
/// <param name="Disagreements">Sentences on criteria whose interval does not meet that of the trajectory.</param>
public sealed record TransitionAnalysis(
    IReadOnlyDictionary<Criterion, Finding> Findings, LayerRange? Proposal, string? NoProposal, IReadOnlyList<string> Disagreements)
{
    /// <summary>Fewer samples give no interval worth the name.</summary>
    public const int MinimumSamples = 5;

    public Transition? Trajectory => Findings[Criterion.Trajectory].Transition;

    /// <summary>Deterministic in the seed.</summary>
    /// <exception cref="GraftException">
    /// The measurements are malformed or not finite, see <see cref="LayerMeasurements.Validate"/>.
    /// </exception>
    public static TransitionAnalysis Of(LayerMeasurements measurements, ulong seed)
    {
        measurements.Validate();
        var findings = Criteria.All.ToDictionary(criterion => criterion, criterion => Find(criterion, measurements, seed));
        var (proposal, reason) = Propose(findings, measurements.Layers);
        return new TransitionAnalysis(findings, proposal, reason, [.. Disagree(findings)]);
    }

    static Finding Find(Criterion criterion, LayerMeasurements measurements, ulong seed)
    {
        // The same resamples for every criterion.
        var bootstrap = CurveBootstrap.Of(measurements.Values[criterion], seed);
        var intervals = bootstrap.Intervals();
        if (measurements.Layers < ChangePoint.MinimumLayers)
            return None(
                $"The target has {Counted(measurements.Layers, "layer")}; a change can be told in at least {ChangePoint.MinimumLayers}.");
        if (measurements.Samples.Count < MinimumSamples)
            return None(
                $"Of {Counted(measurements.Samples.Count, "sample")} no interval can be taken; that needs at least {MinimumSamples}.");
        if (ChangePoint.Locate(bootstrap.Mean, bootstrap.Errors) is not { } found)
            return None($"The curve is constant between its first and its last layer.");
        if (!found.IsVisible)
        {
            FormattableString measure = $"(evidence {found.Evidence:0.0;−0.0;0.0}, {ChangePoint.StrongEvidence} is strong)";
            return None(
                $"No transition is visible: two phases do not describe the curve clearly better than one {FormattableString.Invariant(measure)}.",
                found.Evidence);
        }
        var change = bootstrap.Mean[found.Layer..^1].Average() - bootstrap.Mean[1..found.Layer].Average();
        if (change * criterion.Direction() < 0)
            return None($"The curve changes at layer {found.Layer}, but away from the output: no late phase begins there.", found.Evidence);
        return new Finding(Resample(found.Layer, bootstrap), null, found.Evidence, intervals);

        Finding None(FormattableString reason, double? evidence = null) =>
            new(null, reason.ToString(CultureInfo.InvariantCulture), evidence, intervals);
    }

    static Transition Resample(int layer, CurveBootstrap bootstrap)
    {
        var layers = new int[bootstrap.Resampled.Count];
        // A resample in which all curves happen to be flat says nothing about the place, so it keeps that of the mean.
        for (var i = 0; i < layers.Length; i++) layers[i] = ChangePoint.Locate(bootstrap.Resampled[i], bootstrap.Errors)?.Layer ?? layer;
        var support = layers.Count(found => found == layer) / (double)layers.Length;
        Array.Sort(layers);
        var tail = (int)(0.025 * layers.Length);
        // The estimate belongs to its interval also where resampling is skewed against it.
        return new Transition(layer, Math.Min(layer, layers[tail]), Math.Max(layer, layers[^(tail + 1)]), support);
    }

    static (LayerRange? Proposal, string? Reason) Propose(Dictionary<Criterion, Finding> findings, int layers)
    {
        var trajectory = findings[Criterion.Trajectory];
        if (trajectory.Transition is not { } transition)
        {
            var others = Criteria.All.Where(criterion => findings[criterion].Transition is not null).ToList();
            var places = others.Select(criterion => $"{criterion.Name()} at {findings[criterion].Transition}");
            var note = others.Count == 0 ? "" : " " + Sentence(
                $"{Listed(places)} {(others.Count == 1 ? "shows" : "show")} one, but a cut is proposed from the prediction trajectory "
                    + "alone.");
            return (null, $"The prediction trajectory shows no transition. {trajectory.Reason}{note}");
        }
        // Cut before the transition and the graft loses; its place is known up to the interval. The shortest late phase has two layers
        // besides the last, as many as a cut has to replace at least.
        return (new LayerRange(transition.High, layers - 2), null);
    }

    static IEnumerable<string> Disagree(Dictionary<Criterion, Finding> findings)
    {
        if (findings[Criterion.Trajectory].Transition is not { } trajectory) yield break;
        foreach (var criterion in Criteria.All)
        {
            if (findings[criterion].Transition is { } other && !other.Meets(trajectory))
            {
                yield return Sentence(
                    $"{criterion.Name()} sees the transition at {other}, the prediction trajectory at {trajectory}: their intervals do "
                        + "not meet.");
            }
        }
    }

    static string Counted(int count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    static string Listed(IEnumerable<string> items)
    {
        string[] all = [.. items];
        return all.Length == 1 ? all[0] : $"{string.Join(", ", all[..^1])} and {all[^1]}";
    }
}
