using System.Globalization;
using Grafting.Recipes.Runs;
using Spectre.Console;

namespace Grafting.Cli.Rendering;

/// <summary>A step computed again: samples, worst first, then groups of parameters, then where the numbers went wrong.</summary>
static class ReplayTable
{
    const int SamplesShown = 20;

    public static void Write(IAnsiConsole console, StepReplay replay)
    {
        var (kept, found) = (replay.Kept, replay.Found);
        var lines = console.Profile.Out.Writer;
        lines.WriteLine($"step {kept.Step} of {replay.Run} (stage '{kept.Stage}', step {kept.StageStep + 1}) was not taken: {kept.Words}.");
        var samples = new Table().Border(TableBorder.Simple).AddColumns("sample", "targets", "loss", "gradient norm");
        foreach (var column in samples.Columns.Skip(1)) column.RightAligned();
        foreach (var sample in found.Samples.Take(SamplesShown))
            samples.AddRow(Markup.Escape(sample.Id), $"{sample.Targets}", Number(sample.Loss), Number(sample.Norm));
        console.Write(samples);
        if (found.Samples.Count > SamplesShown)
            lines.WriteLine($"and {found.Samples.Count - SamplesShown} more samples with smaller gradients; --json has them all.");
        var groups = new Table().Border(TableBorder.Simple).AddColumns("parameters", "gradient norm");
        groups.Columns[1].RightAligned();
        foreach (var group in found.Groups) groups.AddRow(Markup.Escape(group.Name), Number(group.Norm));
        console.Write(groups);
        lines.WriteLine(
            $"computed again: loss {Number(found.Loss)} (then {Number(kept.Loss)}), gradient norm {Number(found.Norm)} (then {Number(kept.Norm)})");
        lines.WriteLine(
            found.FirstNonFinite is { } first ? $"first not finite for {found.Samples[0].Id}: {first}" : "every number is finite");
    }

    static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}
