using System.Globalization;
using Grafting.Core.Reporting;
using Grafting.Recipes.Study;
using Spectre.Console;

namespace Grafting.Cli.Rendering;

/// <summary>A study's plan and its verdicts as tables.</summary>
static class StudyTable
{
    public static void Write(IAnsiConsole console, IReadOnlyList<Hypothesis> hypotheses, string report)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("", "hypothesis", "verdict");
        foreach (var hypothesis in hypotheses)
            table.AddRow(hypothesis.Key, Spectre.Console.Markup.Escape(hypothesis.Statement), Name(hypothesis.Verdict));
        console.Write(table);
        console.Profile.Out.Writer.WriteLine($"report: {report}");
    }

    public static void Write(IAnsiConsole console, StudyOutlook outlook)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("group", "condition", "seeds", "done");
        foreach (var group in outlook.Plan.Groups)
        {
            foreach (var condition in group.Conditions)
            {
                table.AddRow(
                    $"{group.Letter} {group.Title}", condition.Key, outlook.Plan.Seeds.ToString(CultureInfo.InvariantCulture),
                    outlook.Done.GetValueOrDefault(condition.Key).ToString(CultureInfo.InvariantCulture));
            }
        }
        console.Write(table);
        var writer = console.Profile.Out.Writer;
        writer.WriteLine(
            $"{outlook.Plan.Cells.Count} trainings, {outlook.Done.Values.Sum()} of them done; conditions that stand in several groups are trained once");
        if (outlook.Assumed.Count > 0)
            writer.WriteLine($"not analysed yet: {string.Join(", ", outlook.Assumed)}; cuts at half of the layers are assumed");
        writer.WriteLine(outlook.SecondsLeft is { } seconds
            ? $"time left: about {Wording.Duration(seconds)} of one core, by the trainings that are done"
            : "time left: not known before the first training is done");
        writer.WriteLine("Dry run: nothing was trained.");
    }

    static string Name(Verdict verdict) => verdict switch
    {
        Verdict.Reproduced => "reproduced",
        Verdict.NotReproduced => "not reproduced",
        Verdict.Inconclusive => "inconclusive",
        _ => "not asked",
    };
}
