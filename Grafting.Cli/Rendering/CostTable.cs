using System.Globalization;
using Grafting.Core.Reporting;
using Grafting.Recipes.Costs;
using Spectre.Console;
using Markup = Spectre.Console.Markup;

namespace Grafting.Cli.Rendering;

/// <summary>What a run cost, and what the paper says its runs cost, as tables.</summary>
static class CostTable
{
    const int WrapAt = 108;

    public static void Write(IAnsiConsole console, string run, CostSection section)
    {
        foreach (var (shown, leading) in section.Tables.Zip([1, 2]))
        {
            var table = new Table().Border(TableBorder.Simple).AddColumns([.. shown.Columns]);
            foreach (var column in table.Columns.Skip(leading)) column.RightAligned();
            foreach (var row in shown.Rows) table.AddRow([.. row.Select(Markup.Escape)]);
            console.Write(table);
        }
        var lines = console.Profile.Out.Writer;
        foreach (var note in section.Notes) lines.WriteLine(TextWrap.Wrap(note, WrapAt, 2));
        lines.WriteLine($"run: {Path.GetFullPath(run)}");
    }

    public static void Write(IAnsiConsole console, IReadOnlyList<PublishedCheck> checks)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("figure", "recomputed", "published", "verdict");
        foreach (var column in table.Columns.Skip(1).Take(2)) column.RightAligned();
        foreach (var check in checks)
            table.AddRow(
                [.. new[] { check.Name, Figure(check.Recomputed, check.Unit), check.Published is { } figure ? Figure(figure, check.Unit)
                    : "–", check.Verdict }.Select(Markup.Escape)]);
        console.Write(table);
        var lines = console.Profile.Out.Writer;
        foreach (var check in checks) lines.WriteLine(TextWrap.Wrap($"{check.Name}: {check.Formula} ({check.Source})", WrapAt, 2));
    }

    static string Figure(double value, string unit) =>
        value.ToString(unit == "%" ? "0.0" : "0.00", CultureInfo.InvariantCulture) + (unit == "×" ? unit : $" {unit}");
}
