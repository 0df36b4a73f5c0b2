using System.Globalization;
using Grafting.Core.Evaluation;

namespace Grafting.Recipes.Study;

/// <summary>The findings of the prototype as hypotheses, each with the rule by which it is judged.</summary>
public static class Hypotheses
{
    /// <summary>Points of exact match by which the graft may stay behind and still count as keeping the pair's quality.</summary>
    public const double Margin = 4;

    /// <summary>Points by which a surrogate has to be weaker than its target, told in words, to count as weaker on text.</summary>
    public const double Weaker = 2;

    /// <summary>The late phase has to begin in this share of the layers, or no cut would be worth it.</summary>
    const double LatestShare = 0.75;

    /// <summary>All of them, p-values adjusted over the claims of all.</summary>
    public static IReadOnlyList<Hypothesis> Judge(StudyResults results)
    {
        Hypothesis[] all =
        [
            Trajectory(results), Keeps(results), CutBefore(results), BeatsPair(results), Slice(results), FineTuning(results),
            Saving(results),
        ];
        var claims = all.SelectMany(hypothesis => hypothesis.Claims).Where(claim => claim.P is not null).ToList();
        var adjusted = new Dictionary<Claim, double>(ReferenceEqualityComparer.Instance);
        foreach (var (claim, p) in claims.Zip(StudyStatistics.Holm([.. claims.Select(claim => claim.P!.Value)]))) adjusted[claim] = p;
        return [.. all.Select(hypothesis => hypothesis with
        {
            Claims = [.. hypothesis.Claims.Select(claim => adjusted.TryGetValue(claim, out var p) ? claim with { AdjustedP = p } : claim)],
        })];
    }

    static Hypothesis Trajectory(StudyResults results) => new(
        "H1",
        "A target passes from an early to a late phase at a layer that its prediction trajectory shows.",
        Text(
            $"In every target the change-point fit sees a transition, and the whole 95 % interval of its layer (over texts) lies before {100 * LatestShare:0} % of the depth."),
        [.. results.Targets.Select(target =>
        {
            var latest = LatestShare * target.Depth;
            var found = target.Analysis!.Analysis.Trajectory;
            Interval? before = found is null ? null : new Interval(latest - found.Layer, latest - found.High, latest - found.Low);
            return new Claim(Text($"{target.Name}: layers between the transition and layer {latest:0}"), "layers", before, 0, null);
        })]);

    static Hypothesis Keeps(StudyResults results)
    {
        var claims = new List<Claim>();
        foreach (var target in results.Targets)
        {
            var main = StudyPlan.Main(target);
            if (results.Has(main))
                claims.Add(Claim.Of(Text($"{target.Name}, cut at {target.Cut}: graft − pair"), results.GraftMinusPair(main), -Margin));
            var fast = main with { TranslatorRate = 1 };
            if (results.Has(main) && results.Has(fast))
                claims.Add(
                    Claim.Of(
                        Text($"{target.Name}: (graft − pair) gentle − (graft − pair) at the adapter's rate"),
                        results.GraftMinusPair(main).Minus(results.GraftMinusPair(fast))));
        }
        return new(
            "H2",
            "Cut at or after the transition with a gently trained translator, the graft keeps the pair's quality; with a translator as "
                + "fast as the adapter it does not.",
            Text(
                $"Graft − pair is above −{Margin} points at the measured cut of every target, and larger than with a translator at the adapter's own rate."),
            claims)
        {
            Complete = claims.Count == 2 * results.Targets.Count,
        };
    }

    static Hypothesis CutBefore(StudyResults results)
    {
        var claims = new List<Claim>();
        foreach (var target in results.Targets)
        {
            var before = Sweep(results, target).Where(condition => condition.Layers < target.Cut).MaxBy(condition => condition.Layers);
            if (before is not null)
            {
                claims.Add(
                    Claim.Of(
                        Text($"{target.Name}, cut at {before.Layers} of {target.Cut}: pair − graft"),
                        results.Of(before, "pair").Minus(results.Of(before, "graft"))));
            }
        }
        return new(
            "H3",
            "Cut before the transition, the graft loses against the pair.",
            "Pair − graft is above 0 at the last tried prefix before the measured cut, in every target.",
            claims)
        {
            Complete = claims.Count == results.Targets.Count,
        };
    }

    static Hypothesis BeatsPair(StudyResults results)
    {
        var weaker = results.Targets
            .SelectMany(target => Sweep(results, target).Where(_ => results.Has(StudyPlan.Whole(target))).Where(condition =>
                StudyStatistics.Mean(results.TextBound(target).Minus(results.Of(condition, "words"))).Value >= Weaker))
            .ToList();
        return new(
            "H4",
            "The graft beats the pair where the surrogate is weaker on text than its target.",
            Text(
                $"Over all prefixes whose trained surrogate, told in words, is at least {Weaker} points below its target, the mean of graft − pair is above 0."),
            weaker.Count == 0
                ? []
                : [Claim.Of(Text($"{string.Join(", ", weaker.Select(c => c.Key))}: mean of graft − pair"),
                    StudySample.MeanOf([.. weaker.Select(results.GraftMinusPair)]))]);
    }

    static Hypothesis Slice(StudyResults results)
    {
        var claims = new List<Claim>();
        foreach (var target in results.Targets)
        {
            var main = StudyPlan.Main(target);
            var slice = main with { Decoder = StudyDecoder.Slice };
            if (results.Has(main) && results.Has(slice))
                claims.Add(
                    Claim.Of(
                        Text($"{target.Name}, {target.Cut} layers in front: graft of the surrogate − graft of the slice"),
                        results.Of(main, "graft").Minus(results.Of(slice, "graft"))));
        }
        return new(
            "H5",
            "The first layers alone, without translator and last layer, are a worse surrogate.",
            "At the measured cut, the graft trained against the surrogate is above the one trained against the slice, in every target.",
            claims)
        {
            Complete = claims.Count == results.Targets.Count,
        };
    }

    static Hypothesis FineTuning(StudyResults results)
    {
        var claims = new List<Claim>();
        foreach (var target in results.Targets)
        {
            var graft = StudyPlan.Main(target) with { FineTuning = StudyFineTuning.FromGraft };
            var scratch = graft with { FineTuning = StudyFineTuning.FromScratch };
            if (!results.Has(graft) || !results.Has(scratch)) continue;
            for (var point = 1; point < StudyCurve.Fractions.Count; point++)
            {
                claims.Add(Claim.Of(
                    Text($"{target.Name}, {100 * StudyCurve.Fractions[point]:0} % of the data: from the graft − from scratch"),
                    results.Curve(graft, point).Minus(results.Curve(scratch, point))));
            }
        }
        return new(
            "H6",
            "Fine-tuning from the graft is better than from scratch at equal cost.",
            "At 10, 20 and 30 % of the data the fine-tuned graft is above the baseline that has spent as many operations in all.",
            claims);
    }

    static Hypothesis Saving(StudyResults results)
    {
        const string Statement = "Training against a surrogate saves more the deeper the target and the earlier its transition.";
        var rule = Text(
            $"The operations saved against training the same encoder with the whole target are a larger share in the deeper target, and its graft is no more than {Margin} points below the encoder so trained.");
        if (results.Targets.Count < 2
            || !results.Targets.All(target => results.Has(StudyPlan.Main(target)) && results.Has(StudyPlan.Whole(target))))
            return new("H7", Statement, rule, []);
        var (shallow, deep) = (results.Targets[0], results.Targets[^1]);
        return new(
            "H7",
            Statement,
            rule,
            [
                Claim.Exact(
                    Text($"saving at {deep.Name} − saving at {shallow.Name}"), "% of operations",
                    Saved(results, deep) - Saved(results, shallow)),
                Claim.Of(
                    Text($"{deep.Name}: graft − encoder trained with the whole target"),
                    results.Of(StudyPlan.Main(deep), "graft").Minus(results.Of(StudyPlan.Whole(deep), "graft")), -Margin),
            ]);
    }

    /// <summary>Percent of the operations of training with the whole target that the surrogate saves.</summary>
    public static double Saved(StudyResults results, StudyTarget target) =>
        100 * (1 - (results.Mean(StudyPlan.Main(target), cell => cell.Flops) / results.Mean(StudyPlan.Whole(target), cell => cell.Flops)));

    /// <summary>The prefixes of a target that the study has.</summary>
    public static IEnumerable<StudyCondition> Sweep(StudyResults results, StudyTarget target) =>
        from condition in results.Plan.Group('C')?.Conditions ?? []
        where condition.Target == target.Key
        orderby condition.Layers
        select condition;

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
