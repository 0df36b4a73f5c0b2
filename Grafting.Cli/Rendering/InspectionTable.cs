using System.Text.Json;
using Grafting.Core.Inspection;
using Spectre.Console;

namespace Grafting.Cli.Rendering;

/// <summary>What a file or folder holds, for people.</summary>
static class InspectionTable
{
    /// <summary>More of one sort become a count.</summary>
    const int MostAlike = 8;

    public static void Write(IAnsiConsole console, InspectionReport report, bool listTensors)
    {
        var lines = console.Profile.Out.Writer;
        lines.WriteLine(report.Path);
        WriteFacts(console, report);
        if (report.Parts.Count > 0) WriteParts(console, report);
        if (listTensors) WriteTensors(console, report);
        if (report.Load is { } load) WriteLoad(lines, report, load);
        foreach (var warning in report.Warnings) lines.WriteLine($"warning: {warning}");
    }

    static void WriteFacts(IAnsiConsole console, InspectionReport report)
    {
        var grid = new Grid().AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(2, 0, 2, 0) }).AddColumn();
        Row("kind", string.Join(", ", ((string?[])[report.Kind, report.ModelType, .. report.Architectures]).OfType<string>()));
        if (report.Artefact is { } artefact)
        {
            Row("made as", artefact.Kind);
            Row("made by", artefact.Command.Length > 0 ? $"graft {artefact.Command}" : "graft");
            foreach (var source in artefact.Sources) Row(source.Role, source.Here ? source.Path : $"{source.Path} (not there)");
        }
        foreach (var (name, value) in report.Config)
            Row(name, value.ValueKind == JsonValueKind.String ? value.GetString()! : JsonSerializer.Serialize(value));
        if (report.TiedHead is { } tied) Row("head", tied ? "tied to the embedding" : "of its own");
        if (report.Quantisation is { } quantisation) Row("quantised by", quantisation);
        foreach (var (name, value) in report.Metadata) Row($"metadata {name}", value);
        foreach (var share in report.Types) Row("type", $"{share.Type}: {share.Tensors} tensors, {Quantity.Bytes(share.Bytes)}");
        WriteFiles();
        if (report.Kind != "safetensors")
        {
            Row("tokenizer", report.Tokenizer ?? "none");
            Row("chat template", report.ChatTemplate ?? "none");
            if (report.Preprocessor is { } preprocessor) Row("preprocessing", preprocessor);
            Row("licence", report.Licence is { Name: { } licence, Source: var source } ? $"{licence} ({source})" : "not stated");
        }
        console.Write(grid);

        void Row(string name, string value) => grid.AddRow(Markup.Escape(name), Markup.Escape(Clean(value)));

        void WriteFiles()
        {
            foreach (var file in report.Files.Take(MostAlike))
                Row("file", $"{file.Name}: {file.Tensors} tensors, {(file.Bytes is { } bytes ? Quantity.Bytes(bytes) : "not here")}");
            if (report.Files.Count > MostAlike) Row("", $"and {report.Files.Count - MostAlike} more files");
        }
    }

    static void WriteParts(IAnsiConsole console, InspectionReport report)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("part", "tensors", "parameters", "bytes");
        for (var column = 1; column < 4; column++) table.Columns[column].RightAligned();
        foreach (var part in report.Parts)
        {
            var name = part.Layers is { } layers ? $"{part.Name} ({layers})" : part.Name;
            table.AddRow(Markup.Escape(name), $"{part.Tensors}", Quantity.Count(part.Parameters), Quantity.Bytes(part.Bytes));
        }
        table.AddEmptyRow();
        table.AddRow(
            report.WeightsHere ? "all" : "all (by the configuration)", $"{report.Tensors.Count}", Quantity.Count(report.Parameters),
            Quantity.Bytes(report.Bytes));
        console.Write(table);
    }

    static void WriteTensors(IAnsiConsole console, InspectionReport report)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("tensor", "type", "shape", "file");
        foreach (var tensor in report.Tensors)
            table.AddRow(
                Markup.Escape(Clean(tensor.Name)), tensor.Type, Markup.Escape($"[{string.Join(", ", tensor.Shape)}]"),
                Markup.Escape(tensor.File ?? ""));
        console.Write(table);
    }

    static void WriteLoad(TextWriter lines, InspectionReport report, LoadOutlook load)
    {
        if (!load.Loadable)
        {
            lines.WriteLine($"cannot be loaded: {load.Problem}");
            if (load.Remedy is { } remedy) lines.WriteLine($"  {remedy}");
            return;
        }
        lines.WriteLine($"a load uses {load.Used} of {report.Load!.Used + load.Ignored.Count + load.Copies.Count} tensors");
        foreach (var name in load.Copies) lines.WriteLine($"  repeats another, to be compared when it is loaded: {Clean(name)}");
        foreach (var name in load.Ignored.Take(MostAlike)) lines.WriteLine($"  not used: {Clean(name)}");
        if (load.Ignored.Count > MostAlike) lines.WriteLine($"  and {load.Ignored.Count - MostAlike} more are not used");
    }

    /// <summary>Names and texts come from files that anybody may have written; a terminal must not obey them.</summary>
    static string Clean(string text) => text.Any(char.IsControl) ? Core.Printable.Quote(text) : text;
}
