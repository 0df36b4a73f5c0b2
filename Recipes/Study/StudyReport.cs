using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Core.Evaluation;
using Grafting.Core.Health;
using Grafting.Core.Reporting;
using Grafting.Recipes.Schema;
using static TorchSharp.torch;

namespace Grafting.Recipes.Study;

/// <summary>
/// The report of a study: <c>README.md</c>, <c>figures/</c>, <c>results.json</c>. Every number in it comes from the cells; the same cells
/// give the same bytes.
/// </summary>
public static class StudyReport
{
    public const string Schema = "graft.study/1";

    public static void Write(string folder, StudyResults results)
    {
        Directory.CreateDirectory(Path.Combine(folder, "figures"));
        var hypotheses = Hypotheses.Judge(results);
        foreach (var (name, svg) in StudyFigures.Draw(results)) AtomicFile.WriteText(Path.Combine(folder, "figures", name), svg);
        AtomicFile.WriteText(Path.Combine(folder, "results.json"), ToJson(results, hypotheses).ToJsonString(CellResult.Format) + "\n");
        AtomicFile.WriteText(Path.Combine(folder, "README.md"), Text(results, hypotheses));
    }

    /// <summary>Verdicts, targets and every cell.</summary>
    public static JsonObject ToJson(StudyResults results, IReadOnlyList<Hypothesis> hypotheses) => new()
    {
        ["schema"] = Schema,
        ["recipe"] = RecipeFile.Digest(results.Recipe),
        ["seeds"] = results.Plan.Seeds,
        ["questions"] = results.Test.Count,
        ["hypotheses"] = new JsonArray([.. hypotheses.Select(HypothesisJson)]),
        ["targets"] = new JsonArray([.. results.Targets.Select(TargetJson)]),
        ["cells"] = new JsonArray(
            [.. results.Plan.Cells.Select(cell => JsonSerializer.SerializeToNode(results.Cells[cell.Key], CellResult.Format))]),
    };

    static JsonObject HypothesisJson(Hypothesis hypothesis) => new JsonObject
    {
        ["key"] = hypothesis.Key,
        ["statement"] = hypothesis.Statement,
        ["rule"] = hypothesis.Rule,
        ["verdict"] = JsonNamingPolicy.CamelCase.ConvertName(hypothesis.Verdict.ToString()),
        ["claims"] = new JsonArray([.. hypothesis.Claims.Select(claim => new JsonObject
        {
            ["text"] = claim.Text,
            ["unit"] = claim.Unit,
            ["value"] = claim.Value?.Value,
            ["low"] = claim.Value?.Low,
            ["high"] = claim.Value?.High,
            ["threshold"] = claim.Threshold,
            ["p"] = claim.P,
            ["adjustedP"] = claim.AdjustedP,
            ["verdict"] = JsonNamingPolicy.CamelCase.ConvertName(claim.Verdict.ToString()),
        })]),
    };

    static JsonObject TargetJson(StudyTarget target)
    {
        var transition = target.Analysis!.Analysis.Trajectory;
        return new JsonObject
        {
            ["key"] = target.Key,
            ["layers"] = target.Depth,
            ["identity"] = target.Analysis.Facts.TargetIdentity,
            ["cut"] = target.Cut,
            ["transition"] = transition?.Layer,
            ["transitionLow"] = transition?.Low,
            ["transitionHigh"] = transition?.High,
        };
    }

    static string Text(StudyResults results, IReadOnlyList<Hypothesis> hypotheses)
    {
        var page = new StudyPage();
        page.Title("Does zero-shot grafting reproduce at small scale?");
        var quick = results.Scale.Quick ? "This was a quick try with few steps: **its figures mean nothing**. " : "";
        page.Say($"""
            Written by `graft study`, which trains and examines everything below; do not edit. {quick}The hypotheses are the findings of an earlier
            prototype, the rules by which they are judged were written down before the first cell was run ([Hypotheses.cs](../../Recipes/Study/Hypotheses.cs)). All models here are tiny, and their world is drawn:
            what holds here need not hold for large models, and what fails here need not fail for them.
            """);
        Verdicts(page, hypotheses);
        Protocol(page, results);
        StudyTables.Write(page, results);
        Cost(page, results);
        return page.ToString();
    }

    static void Verdicts(StudyPage page, IReadOnlyList<Hypothesis> hypotheses)
    {
        page.Head("Verdicts");
        page.Say($"What does not reproduce comes first.");
        // The enumeration's order: reproduced, not reproduced, inconclusive, not asked.
        Verdict[] order = [Verdict.NotReproduced, Verdict.Inconclusive, Verdict.Reproduced, Verdict.NotAsked];
        var sorted = hypotheses.OrderBy(hypothesis => Array.IndexOf(order, hypothesis.Verdict)).ToList();
        page.Table(["", "hypothesis", "verdict"], sorted.Select(h => new[] { h.Key, h.Statement, $"**{Name(h.Verdict)}**" }));
        foreach (var hypothesis in sorted.Where(h => h.Claims.Count > 0))
        {
            page.Say($"**{hypothesis.Key}**, {Name(hypothesis.Verdict)}. Rule: {hypothesis.Rule}");
            page.Table(
                ["claim: above the threshold", "value (95 % interval)", "threshold", "p", "p, Holm", "verdict"],
                hypothesis.Claims.Select(claim => new[]
                {
                    claim.Text,
                    claim.Value is { } value ? $"{Figures(value)} {claim.Unit}" : "none",
                    Wording.Signed(claim.Threshold),
                    Probability(claim.P),
                    Probability(claim.AdjustedP),
                    Name(claim.Verdict),
                }));
        }
    }

    static void Protocol(StudyPage page, StudyResults results)
    {
        var scale = results.Scale;
        var stages = string.Join(
            ", then ", results.Recipe.Stages.Select(stage => FormattableString.Invariant($"{stage.Steps} steps of '{stage.Name}'")));
        var seeds = results.Plan.Seeds == 1 ? "one seed" : FormattableString.Invariant($"{results.Plan.Seeds} seeds");
        page.Head("Protocol");
        page.Say($"""
            Scenes are drawn with a data seed of their own ({StudyScale.DataSeed}), so that no test picture is one that was looked at while the recipes were made. Learning rates, steps and cuts were chosen on the
            validation split and on the trajectory alone; the tables are about {results.Test.Count} questions on {scale.TestPictures} test pictures that no choice has seen. Every training is done with seeds 1 to {results.Plan.Seeds}
            of initial values and of the order of {scale.TrainPictures} training pictures, by the recipe `study`: {stages}.
            """);
        page.Say($"""
            Figures are exact match in percent, differences are in points, on the same questions and seeds. Intervals are 95 % percentile intervals of {Bootstrap.Resamples} resamples in which seeds and pictures are
            both drawn with replacement (crossed bootstrap), so they cover other pictures and, as far as {seeds} can tell, other trainings. They do not cover other targets: there is one of each depth.
            p is from a two-sided paired permutation test that exchanges the signs of whole pictures, given these seeds; Holm's adjustment is over all claims with a p-value. A claim is *reproduced* when its whole interval
            lies above the threshold and its adjusted p is at most {Claim.Level}, *not reproduced* when the whole interval lies below with the same p, else *inconclusive*; a hypothesis is reproduced when all its
            claims are, and not reproduced when one is refuted.
            """);
    }

    static void Cost(StudyPage page, StudyResults results)
    {
        page.Head("Time and machine");
        var cells = results.Plan.Cells.Select(cell => results.Cells[cell.Key]).ToList();
        var machine = MachineProbe.Examine(null);
        page.Say($"""
            {cells.Count} trainings, one thread each: {Wording.Duration(cells.Sum(cell => cell.Seconds))} of one core in all, {Wording.Duration(cells.Average(cell => cell.Seconds))} each, {Wording.Duration(cells.Max(cell => cell.Seconds))} the longest.
            Times are those of a machine that may have been busy with other work. Report written on {machine.Cores} cores, {CpuName()}; libtorch {__version__}, provider {TorchProbe.Provider}. A second run with the same seeds on the same machine gives
            the same tables, seconds aside.
            """);
        page.Code("graft study");
    }

    static string CpuName()
    {
        const string Info = "/proc/cpuinfo";
        const string Key = "model name";
        if (!File.Exists(Info)) return System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();
        return File.ReadLines(Info).FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            ?? "an unnamed processor";
    }

    static string Name(Verdict verdict) => verdict switch
    {
        Verdict.Reproduced => "reproduced",
        Verdict.NotReproduced => "not reproduced",
        Verdict.Inconclusive => "inconclusive",
        _ => "not asked",
    };

    internal static string Figures(Interval interval) =>
        interval.Low == interval.High
            ? Wording.Signed(interval.Value)
            : $"{Wording.Signed(interval.Value)} ({Wording.Signed(interval.Low)} to {Wording.Signed(interval.High)})";

    static string Probability(double? p) =>
        p is not { } value ? "–" : value < 0.001 ? "< 0.001" : value.ToString("0.000", CultureInfo.InvariantCulture);
}

/// <summary>Markdown under construction. Numbers have a point; the lines of a paragraph are joined.</summary>
sealed class StudyPage
{
    readonly StringBuilder _text = new();

    public void Title(string text) => _text.Append(CultureInfo.InvariantCulture, $"# {text}\n");

    public void Head(string text) => _text.Append(CultureInfo.InvariantCulture, $"\n## {text}\n");

    public void Say(FormattableString paragraph) =>
        _text.Append('\n').Append(paragraph.ToString(CultureInfo.InvariantCulture).ReplaceLineEndings(" ").Trim()).Append('\n');

    public void Code(string text) => _text.Append(CultureInfo.InvariantCulture, $"\n```console\n$ ./{text}\n```\n");

    public void Figure(string title, string file) => _text.Append(CultureInfo.InvariantCulture, $"\n![{title}](figures/{file})\n");

    public void Table(IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        _text.Append("\n| ").AppendJoin(" | ", heads).Append(" |\n|").Append(string.Concat(heads.Select(_ => "---|"))).Append('\n');
        foreach (var row in rows)
            _text.Append("| ").AppendJoin(" | ", row.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");
    }

    public override string ToString() => _text.ToString();
}
