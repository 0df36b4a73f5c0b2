using Grafting.Surrogates.Analysis;
using Spectre.Console;
using Wording = Grafting.Core.Reporting.Wording;

namespace Grafting.Cli.Rendering;

/// <summary>What was measured after every layer, and what follows from it.</summary>
static class AnalysisTable
{
    public static void Write(IAnsiConsole console, AnalysisFolder made)
    {
        var (analysis, result) = (made.Result.Analysis, made.Result);
        var table = new Table().Border(TableBorder.Simple).AddColumn("layer");
        table.Columns[0].RightAligned();
        foreach (var criterion in Criteria.All) table.AddColumn(criterion.Name());
        for (var layer = 0; layer < result.Measurements.Layers; layer++)
            table.AddRow(
                [$"{layer}", .. Criteria.All.Select(criterion => Wording.Figures(analysis.Findings[criterion].Mean[layer], Wording.Nats))]);
        table.AddEmptyRow();
        table.AddRow(
            [
                "transition",
                .. Criteria.All.Select(criterion => Markup.Escape(analysis.Findings[criterion].Transition?.ToString() ?? "none")),
            ]);
        console.Write(table);

        var lines = console.Profile.Out.Writer;
        foreach (var sentence in analysis.Disagreements) lines.WriteLine(sentence);
        lines.WriteLine(analysis.Proposal is { } cut ? $"proposed cut: --replace {cut}" : $"no cut is proposed: {analysis.NoProposal}");
        lines.WriteLine($"analysis: {Path.GetFullPath(made.Folder)}");
        lines.WriteLine($"report: {Path.GetFullPath(made.ReportPath)}");
    }
}
