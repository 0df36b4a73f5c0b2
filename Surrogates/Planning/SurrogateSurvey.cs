using System.Text.Json;
using Grafting.Core;

namespace Grafting.Surrogates.Planning;

/// <summary>
/// All surrogates with one translator that keep a target's first layers and its last, and what each costs. Needs no weights.
/// </summary>
public sealed record SurrogateSurvey
{
    const int FewestLayers = 4;

    SurrogateSurvey(TargetShape target, PlanRequest request) => (Target, Request) = (target, request);

    public TargetShape Target { get; }

    public PlanRequest Request { get; }

    public required KnownTransition Transition { get; init; }

    /// <summary>By the number of kept layers, fewest first.</summary>
    public required IReadOnlyList<SurrogateCandidate> Candidates { get; init; }

    /// <summary>The whole target, frozen, with the adapter trained: what a surrogate is an alternative to.</summary>
    public required TrainingCost Baseline { get; init; }

    /// <summary>The cheapest candidate without known risk that stays within the limits; null where none does.</summary>
    public SurrogateCandidate? Recommended => Candidates.FirstOrDefault(candidate => candidate.Recommended);

    /// <summary>Set where nothing is recommended.</summary>
    public NearestMiss? Nearest { get; private init; }

    /// <summary>What had to be assumed about the target.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    /// <param name="config">The target's <c>config.json</c>.</param>
    /// <param name="source">Where it stands, for messages.</param>
    /// <param name="plan">Makes the request for the target's shape, whose type and depth its defaults depend on.</param>
    /// <exception cref="GraftException">Input for a target that cannot be cut; Usage for a request that is out of range.</exception>
    public static SurrogateSurvey Create(JsonElement config, string source, Func<TargetShape, PlanRequest> plan)
    {
        var notes = new List<string>();
        var target = TargetShape.Read(config, source, notes);
        if (target.Layers < FewestLayers)
        {
            throw Fault.Input(
                $"{source}: the target has {target.Layers} layers; a cut needs at least {FewestLayers}: one in front, two to replace, and "
                    + "the last.",
                "Choose a larger target.");
        }
        var request = plan(target).Validate();
        var transition = request.Transition ?? KnownTransition.Published(target);
        var baseline = TrainingCost.Of(DecoderLayout.Frozen(target), request);
        var candidates = Mark([.. Enumerable.Range(1, target.Layers - 3)
            .Select(prefix => Candidate(config, source, target, prefix, transition, baseline, request))]);
        return new SurrogateSurvey(target, request)
        {
            Transition = transition,
            Candidates = candidates,
            Baseline = baseline,
            Nearest = candidates.Any(candidate => candidate.Recommended) ? null : NearestOf(candidates, request.Limits),
            Notes = notes,
        };
    }

    /// <summary>
    /// About so many candidates, spread over the depth, with those that have a name: published, at the transition, recommended.
    /// </summary>
    public IReadOnlyList<SurrogateCandidate> Shortlist(int count = 12)
    {
        var chosen = new SortedSet<int>();
        for (var i = 0; i < count; i++) chosen.Add((int)Math.Round((double)i * (Candidates.Count - 1) / (count - 1)));
        for (var i = 0; i < Candidates.Count; i++)
        {
            var candidate = Candidates[i];
            var named = candidate.Published || candidate.Recommended || candidate.KeptPrefix == Transition.Layer;
            if (named || candidate.KeptPrefix == Nearest?.LargestFitting || candidate.KeptPrefix == Nearest?.KeptPrefix) chosen.Add(i);
        }
        return [.. chosen.Select(i => Candidates[i])];
    }

    static SurrogateCandidate Candidate(
        JsonElement config, string source, TargetShape target, int prefix, KnownTransition transition, TrainingCost baseline,
        PlanRequest request)
    {
        var range = new LayerRange(prefix, target.Layers - 2);
        var cut = CutRequest.Replace(range);
        var plan = SurrogatePlan.Create(config, cut, source);
        var cost = TrainingCost.Of(DecoderLayout.Of(plan), request);
        var published = PublishedCuts.Nearest(target);
        return new SurrogateCandidate(
            prefix,
            cut.ToString(),
            plan.BytesRead,
            cost,
            cost.Flops / baseline.Flops,
            transition.LayersBefore(prefix),
            transition.Describe(prefix),
            published.IsFor(target) && published.Replaced == range,
            !(cost.PeakMemory > request.Limits.Memory) && !(cost.Hours > request.Limits.Hours));
    }

    static IReadOnlyList<SurrogateCandidate> Mark(IReadOnlyList<SurrogateCandidate> candidates)
    {
        var best = candidates.Where(
            candidate => candidate is { Fits: true, LayersBeforeTransition: 0 }).MinBy(candidate => candidate.Cost.Flops);
        return [.. candidates.Select(candidate => candidate with
        {
            ParetoOptimal = !candidates.Any(other => other.Dominates(candidate)),
            Recommended = ReferenceEquals(candidate, best),
        })];
    }

    static NearestMiss NearestOf(IReadOnlyList<SurrogateCandidate> candidates, PlanLimits limits)
    {
        var safest = candidates.Min(candidate => candidate.LayersBeforeTransition);
        var nearest = candidates.Where(candidate => candidate.LayersBeforeTransition == safest).MinBy(candidate => candidate.Cost.Flops)!;
        return new NearestMiss(
            nearest.KeptPrefix,
            safest,
            Math.Max(0, nearest.Cost.PeakMemory - (limits.Memory ?? long.MaxValue)),
            Math.Max(0, nearest.Cost.Hours - limits.Hours ?? 0),
            candidates.LastOrDefault(candidate => candidate.Fits)?.KeptPrefix);
    }
}
