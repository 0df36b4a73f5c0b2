using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Transfer.Export;
using Spectre.Console;

namespace Grafting.Cli.Rendering;

/// <summary>What was written for another program, and how well it was proved.</summary>
static class ExportTable
{
    public static void Write(IAnsiConsole console, HuggingFaceExport export)
    {
        var table = new Table().Border(TableBorder.Simple).HideHeaders().AddColumns("", "");
        table.AddRow("class", $"{export.Architecture}ForConditionalGeneration");
        table.AddRow("features", Markup.Escape(Features(export.Path)));
        var (start, image, end) = (export.Tokens.Start?.Text, export.Tokens.Image.Text, export.Tokens.End?.Text);
        table.AddRow("picture", Markup.Escape($"{start}{image}{end}, {export.TokensPerPicture} image tokens"));
        table.AddRow("weights", Quantity.Bytes(export.TotalBytes));
        if (export.Moved is { } moved)
            table.AddRow("language model", $"{Quantity.Bytes(moved.Shared)} shared with the target, {Quantity.Bytes(moved.Copied)} copied");
        else if (export.Decoder == DecoderMode.Reference) table.AddRow("language model", "referred to");
        if (export.ProvedTensors is { } proved) table.AddRow("proved", $"{proved} tensors of the language model");
        if (export.Comparison is { } comparison)
        {
            var words = comparison.Logits is { } logits ? $"logits by {Small(logits)}" : "logits were not compared";
            table.AddRow("read back", $"embeddings differ by {Small(comparison.Features)}, {words}");
            if (comparison.Rounding > 0) table.AddRow("rounding", $"moves embeddings by {Small(comparison.Rounding)}");
        }
        console.Write(table);
        var writer = console.Profile.Out.Writer;
        foreach (var note in export.Notes) writer.WriteLine($"note: {note}");
        if (export.Comparison?.NoLogits is { } reason) writer.WriteLine($"note: no logits were compared: {reason}");
        writer.WriteLine(export.Comparison is null ? "Dry run: nothing was written." : $"export: {export.Output}");
    }

    public static void Write(IAnsiConsole console, MmprojExport export, bool plan)
    {
        var writer = console.Profile.Out.Writer;
        writer.WriteLine($"{Features(export.Path)}; {export.Tensors} tensors, matrices in {export.Type}, {Quantity.Bytes(export.Bytes)}");
        foreach (var note in export.Notes) writer.WriteLine($"note: {note}");
        writer.WriteLine(plan ? $"Dry run: nothing was written; it would be {export.Output}" : $"export: {export.Output}");
    }

    public static JsonObject Content(HuggingFaceExport export, bool plan)
    {
        var content = (JsonObject)JsonSerializer.SerializeToNode(export, Report.Format)!;
        content["format"] = "hf";
        content["dryRun"] = plan;
        return content;
    }

    public static JsonObject Content(MmprojExport export, bool plan)
    {
        var content = (JsonObject)JsonSerializer.SerializeToNode(export, Report.Format)!;
        content["format"] = "gguf";
        content["dryRun"] = plan;
        return content;
    }

    static string Features(FeaturePathValue path)
    {
        var first = path.KeepsClass ? "class token kept" : path.ClassTokens > 0 ? "class token dropped" : "no class token";
        var (norm, boundary) = (path.PostNorm ? "last norm" : "no norm", path.Boundary ? "two vectors around" : "no boundary");
        return string.Create(
            CultureInfo.InvariantCulture, $"hidden state {path.Layer} of {path.Layers}, {norm}, {first}, {path.Projector}, {boundary}");
    }

    static string Small(double value) => value == 0 ? "0" : value.ToString("0.0e+0", CultureInfo.InvariantCulture);
}
