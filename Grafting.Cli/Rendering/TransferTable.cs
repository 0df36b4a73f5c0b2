using System.Globalization;
using Grafting.Core.Evaluation;
using Spectre.Console;

namespace Grafting.Cli.Rendering;

/// <summary>The result of an examination as tables.</summary>
static class TransferTable
{
    public static void Write(IAnsiConsole console, TransferResult result)
    {
        var types = result.Systems[0].Value.ByType.Keys.ToList();
        var table = new Table().Border(TableBorder.Simple).AddColumns("system", "exact match %", "95 % interval", "nats/answer");
        foreach (var type in types) table.AddColumn(type);
        foreach (var (name, score) in result.Systems)
        {
            var cells = new List<string> { name, One(score.ExactMatch.Value), Range(score.ExactMatch), Two(score.Nll.Value) };
            cells.AddRange(types.Select(type => One(score.ByType[type].ExactMatch)));
            table.AddRow([.. cells]);
        }
        console.Write(table);

        var writer = console.Profile.Out.Writer;
        writer.WriteLine($"{result.Questions} questions about pictures that no training has seen");
        foreach (var (name, difference) in result.Differences)
        {
            var verdict = difference.Parity ? "parity" : difference.Points.Value > 0 ? "better" : "worse";
            writer.WriteLine(
                $"{name.Replace("-", " − ", StringComparison.Ordinal)}: {One(difference.Points.Value)} points ({Range(difference.Points)}): {verdict}");
        }
        writer.WriteLine(string.Join(", ", result.Seconds.Select(s => $"{s.Key} {One(s.Value)} s")));
        writer.WriteLine($"graft: {result.Graft}");
        writer.WriteLine($"report: {result.ReportPath}");
    }

    static string Range(Interval interval) => $"{One(interval.Low)} to {One(interval.High)}";

    static string One(double value) => value.ToString("F1", CultureInfo.InvariantCulture);

    static string Two(double value) => value.ToString("F2", CultureInfo.InvariantCulture);
}
