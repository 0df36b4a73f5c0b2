using Grafting.Core.Reporting.Preview;
using Grafting.Core.Text;
using Grafting.Core.Text.Templates;
using Spectre.Console;

namespace Grafting.Cli.Rendering;

/// <summary>Samples with their labels in colour, then warnings and counts. Without colours labels stand in ⟦brackets⟧.</summary>
static class PreviewText
{
    /// <summary>More warnings of a kind become a number.</summary>
    const int MostAlike = 5;

    public static void Write(IAnsiConsole console, DataPreview preview)
    {
        var lines = console.Profile.Out.Writer;
        foreach (var sample in preview.Samples)
        {
            console.MarkupLineInterpolated($"[bold]{Printable(sample.Id)}[/]  {sample.Positions} positions, {sample.Labels} labels");
            if (sample.Tokens is { } tokens) WriteTokens(console, tokens);
            lines.WriteLine();
        }
        foreach (var (kind, count) in preview.Counts)
        {
            lines.WriteLine($"{PreviewPage.InWords(kind)}: {count}");
            foreach (var warning in preview.Warnings.Where(warning => warning.Kind == kind).Take(MostAlike))
                lines.WriteLine($"  {Printable(warning.Sample)}: {Printable(warning.Detail)}");
            if (count > MostAlike) lines.WriteLine($"  and {count - MostAlike} more");
        }
        lines.WriteLine(
            $"{PreviewPage.Summary(preview)}; "
            + (preview.Counts.Count == 0 ? "no warnings" : $"{preview.Counts.Values.Sum()} warnings")
            + (preview.Checked < preview.Usable ? " (--all checks the others)" : ""));
    }

    static void WriteTokens(IAnsiConsole console, IReadOnlyList<LabelledToken> tokens)
    {
        var coloured = console.Profile.Capabilities.Ansi && console.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
        var inside = false;
        foreach (var token in tokens)
        {
            var label = token.Weight > 0;
            if (!coloured && label != inside) console.Profile.Out.Writer.Write(label ? '⟦' : '⟧');
            inside = label;
            var style = token.Id == EncodedChat.ImageSlot ? new Style(Color.Fuchsia)
                : new Style(
                    label ? Color.Green : token.Special ? Color.Grey : Color.Default,
                    decoration: token.Special ? Decoration.Dim : Decoration.None);
            if (coloured) console.Write(new Text(Printable(token.Text), style));
            else console.Profile.Out.Writer.Write(Printable(token.Text));
        }
        console.Profile.Out.Writer.WriteLine(!coloured && inside ? "⟧" : "");
    }

    /// <summary>Line breaks stay; what could steer a terminal does not.</summary>
    static string Printable(string text) => string.Concat(text.Select(unit => unit != '\n' && char.IsControl(unit) ? '\uFFFD' : unit));
}
