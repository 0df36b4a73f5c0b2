using Grafting.Core.Reporting;
using Grafting.Core.Reporting.Charts;
using Grafting.Surrogates;
using Grafting.Surrogates.Analysis;

namespace Grafting.Recipes.Study;

/// <summary>The figures of the report, by file name.</summary>
static class StudyFigures
{
    public const string Translators = "translators.svg";

    public static string Trajectory(StudyTarget target) => $"trajectory-{target.Key}.svg";

    public static string Main(StudyTarget target) => $"systems-{target.Key}.svg";

    public static string Prefixes(StudyTarget target) => $"prefix-{target.Key}.svg";

    public static string Curve(StudyTarget target) => $"curve-{target.Key}.svg";

    public static IEnumerable<(string Name, string Svg)> Draw(StudyResults results)
    {
        foreach (var target in results.Targets)
        {
            yield return (Trajectory(target), SvgFile.Of(TrajectoryOf(target)));
            if (results.Has(StudyPlan.Main(target)) && results.Has(StudyPlan.Whole(target)))
                yield return (Main(target), SvgFile.Of(Systems(results, target)));
            if (Hypotheses.Sweep(results, target).Any()) yield return (Prefixes(target), SvgFile.Of(Sweep(results, target)));
            var curve = StudyPlan.Main(target) with { FineTuning = StudyFineTuning.FromGraft };
            if (results.Has(curve)) yield return (Curve(target), SvgFile.Of(FineTuning(results, curve)));
        }
        if (results.Plan.Group('D') is { } group) yield return (Translators, SvgFile.Of(Rates(results, group)));
    }

    static Markup TrajectoryOf(StudyTarget target)
    {
        var analysis = target.Analysis!;
        var finding = analysis.Analysis.Findings[Criterion.Trajectory];
        return TrajectoryChart.Draw(
            $"Prediction trajectory of the target of {target.Name}", Criterion.Trajectory.Unit(),
            new LayerCurves(
                analysis.Measurements.Values[Criterion.Trajectory], finding.Mean,
                finding.Transition is { } transition ? (transition.Layer, transition.Low, transition.High) : null,
                analysis.Analysis.Proposal is { } cut ? (cut.First, cut.Last) : null),
            large: true);
    }

    static Markup Systems(StudyResults results, StudyTarget target)
    {
        var (main, whole) = (StudyPlan.Main(target), StudyPlan.Whole(target));
        return IntervalChart.Draw($"Exact match, target of {target.Name}", "% right",
        [
            Row("pair", "pair", results.Of(main, "pair")), Row("graft", "graft", results.Of(main, "graft")),
            Row("blind", "blind", results.Of(main, "blind")),
            Row("full", "other", results.Of(whole, "graft")), Row("text bound", "text", results.TextBound(target)),
        ]);

        static IntervalRow Row(string label, string css, StudySample sample)
        {
            var mean = StudyStatistics.Mean(sample);
            return new IntervalRow(label, css, mean, Wording.Figures(mean, Wording.Percent));
        }
    }

    static Markup Sweep(StudyResults results, StudyTarget target)
    {
        var sweep = Hypotheses.Sweep(results, target).ToList();
        return LineChart.Draw($"Length of the prefix, target of {target.Name}", "layers in front", "% right",
        [
            Line("pair", "pair", condition => results.Of(condition, "pair")),
            Line("graft", "graft", condition => results.Of(condition, "graft")),
            Line("in words", "text", condition => results.Of(condition, "words")),
        ]);

        LineSeries Line(string name, string css, Func<StudyCondition, StudySample> of) =>
            new(name, css, [.. sweep.Select(condition => new CurvePoint(condition.Layers, Average(of(condition))))], Noisy: false);
    }

    static Markup FineTuning(StudyResults results, StudyCondition graft)
    {
        return LineChart.Draw("Fine-tuning at equal cost", "% of the data, from the graft", "% right",
            [
                Line("from the graft", "graft", graft),
                Line("from scratch", "other", graft with { FineTuning = StudyFineTuning.FromScratch }),
            ]);

        LineSeries Line(string name, string css, StudyCondition condition) => new(
            name, css,
            results.Has(condition)
                ? [.. StudyCurve.Fractions.Select(
                    (fraction, point) => new CurvePoint(100 * fraction, Average(results.Curve(condition, point))))]
                : [],
            Noisy: false);
    }

    static Markup Rates(StudyResults results, StudyGroup group) =>
        IntervalChart.Draw("Graft minus pair by start and rate of the translator", "points",
    [
        .. group.Conditions.Select(condition =>
        {
            var difference = StudyStatistics.Mean(results.GraftMinusPair(condition));
            var label = FormattableString.Invariant(
                $"{condition.Target} {(condition.Start == TranslatorStart.LeastSquares ? "l. sq." : condition.Start.Name())}, {StudyTables.Rate(results, condition)}");
            return new IntervalRow(label, "graft", difference, StudyReport.Figures(difference));
        }),
    ]);

    static double Average(StudySample sample) => sample.BySeed.Average(seed => seed.Average());
}
