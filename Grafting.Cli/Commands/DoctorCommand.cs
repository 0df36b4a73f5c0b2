using System.CommandLine;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core.Health;
using Spectre.Console;

namespace Grafting.Cli.Commands;

/// <summary><c>graft doctor</c>.</summary>
sealed class DoctorCommand() : GraftCommand(
    "doctor",
    "Say what this installation is made of (libtorch, devices, codecs, memory, folders) and what is wrong with it. Changes nothing.",
    new Example("graft doctor", "A table; exit code 5 if something does not work."),
    new Example("graft doctor --json", "The same for a program (schema graft.doctor/1)."))
{
    public override Report Run(ParseResult parsed, Session session)
    {
        var diagnosis = Doctor.Examine(session.Workspace.Folder, session.Host.Variable);
        // True of every Debian, which repairs old versions without renumbering them: too common for a finding.
        foreach (var codec in diagnosis.Codecs.Where(c => c.Note is not null))
            session.Screen.Detail($"{codec.Name} {codec.Version}: {codec.Note}");
        var broken = diagnosis.Findings.Any(f => f.Severity == Severity.Error);
        return new Report(
            "graft.doctor/1", diagnosis, console => Render(diagnosis, console), broken ? ExitCodes.Resources : ExitCodes.Done);
    }

    static void Render(Diagnosis d, IAnsiConsole console)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn();
        Row("graft", $"{d.Version} on {d.Runtime}, {d.System}");
        Row(
            "libtorch",
            d.Torch.Version is null ? $"not usable (provider {d.Torch.Provider})" : $"{d.Torch.Version} (provider {d.Torch.Provider})");
        if (d.Torch.Path is not null) Row("", d.Torch.Path);
        if (d.Torch.Blas is not null) Row("", d.Torch.Blas);
        foreach (var attempt in d.Torch.Tried) Row("", $"{attempt.Path}: {attempt.Result}");
        foreach (var device in d.Devices) Row(device.Name, $"{device.Model}: {string.Join(", ", device.Types)}");
        Row("codecs", d.Codecs.Count == 0 ? "not usable" : string.Join(", ", d.Codecs.Select(c => $"{c.Name} {c.Version}")));
        Row("cores", d.Machine.Threads is { } threads ? $"{d.Machine.Cores}, of which libtorch uses {threads}" : $"{d.Machine.Cores}");
        Row("memory", $"{Quantity.Bytes(d.Machine.FreeMemoryBytes)} free of {Quantity.Bytes(d.Machine.MemoryBytes)}");
        foreach (var place in d.Places)
        {
            var free = place.FreeBytes is { } bytes ? $" ({Quantity.Bytes(bytes)} free)" : "";
            Row(place.Name, $"{place.Path}{(place.Exists ? "" : " (not there yet)")}{free}");
        }

        console.Write(grid);
        console.WriteLine();
        if (d.Findings.Count == 0) console.WriteLine("All is well.");
        foreach (var finding in d.Findings)
        {
            var colour = finding.Severity == Severity.Error ? "red" : "yellow";
            console.MarkupLine($"[{colour}]{finding.Severity.ToString().ToLowerInvariant()}[/] {Markup.Escape(finding.Message)}");
            console.WriteLine($"  {finding.Remedy}");
        }

        void Row(string name, string text) => grid.AddRow(Markup.Escape(name), Markup.Escape(text));
    }
}
