using System.Globalization;
using Grafting.Core.Reporting;
using Grafting.Recipes.Toy;
using Grafting.Surrogates;

namespace Grafting.Recipes.Study;

/// <summary>The sections of the report with a table each, one per group of trainings that the study has.</summary>
static class StudyTables
{
    public static void Write(StudyPage page, StudyResults results)
    {
        Targets(page, results);
        if (results.Plan.Group('B') is not null) Main(page, results);
        if (results.Plan.Group('C') is not null) Prefixes(page, results);
        if (results.Plan.Group('D') is { } translators) Translators(page, results, translators);
        if (results.Plan.Group('E') is { } slices) Slices(page, results, slices);
        if (results.Plan.Group('F') is { } labels) Labels(page, results, labels);
        if (results.Plan.Group('G') is { } curves) Curves(page, results, curves);
        if (results.Plan.Group('H') is { } heldOut) HeldOut(page, results, heldOut);
    }

    static void Targets(StudyPage page, StudyResults results)
    {
        page.Head("A. The targets and where they change");
        page.Say(
            $"The target of 8 layers comes with graft: a model of 4 layers, to which 4 were added that began as the identity. Its transition is early by construction, and says nothing about models that were trained at full depth.");
        if (results.Scale.Deep)
        {
            page.Say($"""
                Its sibling of 16 layers was trained at full depth from the start, on the same language (`graft pretrain-toy --layers 16`). No layer was told to be idle, and none is: its predictions
                go on changing up to the last layer, so that a cut at its transition leaves out work that a translator has to make up for.
                """);
        }
        page.Table(
            [
                "target", "transition by trajectory (95 % over texts)", "by vocabulary KL", "cut: layers kept in front", "surrogate",
                "text bound %",
            ],
            results.Targets.Select(target => new[]
            {
                target.Name,
                Place(target.Analysis!.Analysis.Trajectory),
                Place(target.Analysis.Analysis.Findings[Surrogates.Analysis.Criterion.VocabularyKl].Transition),
                Whole(target.Cut),
                $"{Whole(target.Cut + 2)} of {Whole(target.Depth)} layers",
                results.Has(StudyPlan.Whole(target)) ? Figures(results.TextBound(target)) : "–",
            }));
        foreach (var target in results.Targets) page.Figure($"Trajectory of the target of {target.Name}", StudyFigures.Trajectory(target));
    }

    static void Main(StudyPage page, StudyResults results)
    {
        page.Head("B. Pair, graft, and what bounds them");
        page.Say(
            $"*Pair*: encoder with its surrogate. *Graft*: the same encoder in the target. *Blind*: the graft with pictures exchanged. *Full*: an encoder trained with the whole frozen target, by the same schedule. That a graft equals its pair says that nothing was lost on the way; how much there was to lose, full and blind tell.");
        var targets = results.Targets.Where(target => results.Has(StudyPlan.Main(target)) && results.Has(StudyPlan.Whole(target))).ToList();
        page.Table(
            ["target", "pair", "graft", "blind", "full", "graft − pair", "graft − full", "graft − blind"],
            targets.Select(target =>
            {
                var (main, whole) = (StudyPlan.Main(target), StudyPlan.Whole(target));
                var (graft, full) = (results.Of(main, "graft"), results.Of(whole, "graft"));
                return new[]
                {
                    target.Name, Figures(results.Of(main, "pair")), Figures(graft), Figures(results.Of(main, "blind")), Figures(full),
                    Signed(results.GraftMinusPair(main)), Signed(graft.Minus(full)), Signed(graft.Minus(results.Of(main, "blind"))),
                };
            }));
        foreach (var target in targets) page.Figure($"Systems of the target of {target.Name}", StudyFigures.Main(target));
        Types(page, results, targets);
        page.Say(
            $"By seed, graft − pair in points; and what training took. Operations are those of the matrices, without attention scores and look-ups; *saved* is against training with the whole target, which both read the same pictures.");
        page.Table(
            [
                "target", "graft − pair, seed by seed", "TFLOP, surrogate", "TFLOP, whole target", "operations saved %",
                "seconds, surrogate", "seconds, whole target",
            ],
            targets.Select(target =>
            {
                var (main, whole) = (StudyPlan.Main(target), StudyPlan.Whole(target));
                return new[]
                {
                    target.Name,
                    string.Join(", ", results.GraftMinusPair(main).BySeed.Select(seed => Wording.Signed(seed.Average()))),
                    Tera(results.Mean(main, cell => cell.Flops)),
                    Tera(results.Mean(whole, cell => cell.Flops)),
                    Wording.Signed(Hypotheses.Saved(results, target)),
                    Wording.Percent(results.Mean(main, cell => cell.TrainSeconds)),
                    Wording.Percent(results.Mean(whole, cell => cell.TrainSeconds)),
                };
            }));
    }

    static void Types(StudyPage page, StudyResults results, List<StudyTarget> targets)
    {
        string[] types = [.. results.Test.Select(question => question.Type).Distinct().Order(StringComparer.Ordinal)];
        page.Say($"By kind of question, mean over seeds: graft, and in brackets graft − pair.");
        page.Table(
            ["target", .. types],
            targets.Select(target => (string[])
            [
                target.Name,
                .. types.Select(type =>
                {
                    bool[] wanted = [.. results.Test.Select(question => question.Type == type)];
                    var main = StudyPlan.Main(target);
                    return $"{Wording.Percent(Average(results.Of(main, "graft").Where(wanted)))} "
                        + $"({Wording.Signed(Average(results.GraftMinusPair(main).Where(wanted)))})";
                }),
            ]));
    }

    static void Prefixes(StudyPage page, StudyResults results)
    {
        page.Head("C. Length of the prefix");
        page.Say(
            $"How many layers of the target stand in front of the translator. *Surrogate in words*: the trained surrogate, told what the picture shows; the target itself is in table A. Validation picks its best cut by the graft.");
        foreach (var target in results.Targets)
        {
            var sweep = Hypotheses.Sweep(results, target).ToList();
            if (sweep.Count == 0) continue;
            page.Table(
                [$"{target.Name}: in front", "where", "pair", "graft", "graft − pair", "surrogate in words", "graft on validation"],
                sweep.Select(condition => new[]
                {
                    Whole(condition.Layers),
                    condition.Layers < target.Cut ? "before the transition" : condition.Layers == target.Cut ? "**at it**" : "after",
                    Figures(results.Of(condition, "pair")),
                    Figures(results.Of(condition, "graft")),
                    Signed(results.GraftMinusPair(condition)),
                    Figures(results.Of(condition, "words")),
                    Validation(results, condition),
                }));
            page.Figure($"Pair and graft over the length of the prefix, target of {target.Name}", StudyFigures.Prefixes(target));
        }
    }

    static void Translators(StudyPage page, StudyResults results, StudyGroup group)
    {
        page.Head("D. Start and rate of the translator");
        page.Say(
            $"At the measured cut. The rate is a factor on the adapter's learning rate; the recipe's own was chosen before this study, and the last column says what validation would choose.");
        page.Table(
            ["target", "start", "rate", "pair", "graft", "graft − pair", "surrogate in words", "graft on validation"],
            group.Conditions.Select(condition => new[]
            {
                results.Targets.First(target => target.Key == condition.Target).Name,
                condition.Start.Name(),
                Rate(results, condition).ToString("0.##", CultureInfo.InvariantCulture),
                Figures(results.Of(condition, "pair")),
                Figures(results.Of(condition, "graft")),
                Signed(results.GraftMinusPair(condition)),
                Figures(results.Of(condition, "words")),
                Validation(results, condition),
            }));
        page.Figure("Graft minus pair by start and rate of the translator", StudyFigures.Translators);
    }

    static void Slices(StudyPage page, StudyResults results, StudyGroup group)
    {
        page.Head("E. The naive slice");
        page.Say(
            $"The same number of layers in front, straight under the target's norm and head: no translator, no last layer, nothing to train beside the encoder.");
        page.Table(
            ["target", "pair with the slice", "graft from the slice", "slice in words", "graft of the surrogate", "surrogate − slice"],
            group.Conditions.Select(slice =>
            {
                var main = slice with { Decoder = StudyDecoder.Surrogate };
                var known = results.Has(main);
                return new[]
                {
                    results.Targets.First(target => target.Key == slice.Target).Name,
                    Figures(results.Of(slice, "pair")),
                    Figures(results.Of(slice, "graft")),
                    Figures(results.Of(slice, "words")),
                    known ? Figures(results.Of(main, "graft")) : "–",
                    known ? Signed(results.Of(main, "graft").Minus(results.Of(slice, "graft"))) : "–",
                };
            }));
    }

    static void Labels(StudyPage page, StudyResults results, StudyGroup group)
    {
        page.Head("F. Text beside pictures, and template tokens as labels");
        page.Say(
            $"Each line changes one thing of the recipe. No hypothesis was stated, so there is no verdict; the interval of the last column speaks.");
        page.Table(
            ["change", "pair", "graft", "graft − pair", "surrogate in words", "graft − graft of the recipe"],
            group.Conditions.Select(condition =>
            {
                var main = condition with { Text = true, SpecialTokenWeight = null };
                return new[]
                {
                    condition.Text
                        ? FormattableString.Invariant($"template tokens weigh {condition.SpecialTokenWeight}")
                        : "no text in the first stage",
                    Figures(results.Of(condition, "pair")),
                    Figures(results.Of(condition, "graft")),
                    Signed(results.GraftMinusPair(condition)),
                    Figures(results.Of(condition, "words")),
                    results.Has(main) ? Signed(results.Of(condition, "graft").Minus(results.Of(main, "graft"))) : "–",
                };
            }));
    }

    static void Curves(StudyPage page, StudyResults results, StudyGroup group)
    {
        page.Head("G. Fine-tuning from the graft and from scratch");
        page.Say($"""
            Target and encoder are trained together on a fraction of the pictures, each fraction anew. *From scratch* is the paper's baseline: the adapter alone is trained against the whole target before an untrained tower,
            then everything, for as many operations in all as the graft has spent at that fraction, its surrogate's training included; so it reads more pictures.
            """);
        foreach (var graft in group.Conditions.Where(condition => condition.FineTuning == StudyFineTuning.FromGraft))
        {
            var scratch = graft with { FineTuning = StudyFineTuning.FromScratch };
            var target = results.Targets.First(t => t.Key == graft.Target);
            page.Table(
                [
                    $"{target.Name}: fraction", "TFLOP in all", "steps from graft", "steps from scratch", "from the graft", "from scratch",
                    "difference",
                ],
                StudyCurve.Fractions.Select((fraction, point) => new[]
                {
                    FormattableString.Invariant($"{100 * fraction:0} %"),
                    $"{Tera(results.Mean(graft, cell => cell.Curve![point].Flops))} / {Tera(results.Mean(scratch, cell => cell.Curve![point].Flops))}",
                    Whole(results.Results(graft).First().Curve![point].Steps),
                    Whole(results.Results(scratch).First().Curve![point].Steps),
                    Figures(results.Curve(graft, point)),
                    Figures(results.Curve(scratch, point)),
                    Signed(results.Curve(graft, point).Minus(results.Curve(scratch, point))),
                }));
            page.Figure($"Fine-tuning from the graft and from scratch, target of {target.Name}", StudyFigures.Curve(target));
        }
    }

    static void HeldOut(StudyPage page, StudyResults results, StudyGroup group)
    {
        var kinds = StudyScale.HeldOut.Select(kind => SceneWords.Of(kind.Colour, kind.Shape)).ToList();
        bool[] with =
            [.. results.Test.Select(question => kinds.Any(kind => question.Description!.Contains(kind, StringComparison.Ordinal)))];
        bool[] without = [.. with.Select(held => !held)];
        page.Head("H. Combinations held out");
        page.Say($"""
            No training picture and no text of the encoder's training shows a {string.Join(" or a ", kinds)}; the target knows these words from its own training. Questions about test pictures with one of them
            ({with.Count(held => held)}) and without ({without.Count(held => held)}), against encoders that have seen all kinds.
            """);
        page.Table(
            [
                "trained against", "with, all kinds seen", "with, held out", "difference", "without, all kinds seen", "without, held out",
                "difference",
            ],
            group.Conditions.Select(condition =>
            {
                var seen = condition with { HeldOut = false };
                var known = results.Has(seen);
                var graft = results.Of(condition, "graft");
                string Compared(bool[] wanted) => known ? Signed(graft.Where(wanted).Minus(results.Of(seen, "graft").Where(wanted))) : "–";
                string Before(bool[] wanted) => known ? Figures(results.Of(seen, "graft").Where(wanted)) : "–";
                return new[]
                {
                    condition.Decoder == StudyDecoder.Whole ? "the whole target" : "the surrogate (graft)",
                    Before(with), Figures(graft.Where(with)), Compared(with), Before(without), Figures(graft.Where(without)),
                    Compared(without),
                };
            }));
    }

    /// <summary>Factor on the translator's rate that a condition trains with.</summary>
    internal static double Rate(StudyResults results, StudyCondition condition) =>
        condition.TranslatorRate ?? results.Recipe.Stages.SelectMany(stage => stage.Train).First(part => part.Part == "translator").Rate;

    static string Validation(StudyResults results, StudyCondition condition) =>
        Wording.Percent(results.Mean(condition, cell => cell.Validation["graft"]));

    static string Place(Surrogates.Analysis.Transition? transition) => transition?.ToString() ?? "none visible";

    static string Figures(StudySample sample) => Wording.Figures(StudyStatistics.Mean(sample), Wording.Percent);

    static string Signed(StudySample sample) => StudyReport.Figures(StudyStatistics.Mean(sample));

    static double Average(StudySample sample) => sample.BySeed.Average(seed => seed.Average());

    static string Tera(double operations) => (operations / 1e12).ToString("0.00", CultureInfo.InvariantCulture);

    static string Whole(int number) => number.ToString(CultureInfo.InvariantCulture);
}
