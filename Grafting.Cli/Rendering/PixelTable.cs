using System.Globalization;
using Grafting.Core.Imaging;
using Spectre.Console;

namespace Grafting.Cli.Rendering;

/// <summary>What became of pictures as a table.</summary>
static class PixelTable
{
    public static void Write(IAnsiConsole console, PixelReport report, string output)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns(
            "picture", "format", "stored", "orientation", "read as", "squares", "sha256");
        foreach (var picture in report.Pictures)
        {
            var (stored, tiles) = (picture.Stored, picture.Grid is { } grid ? $" ({grid})" : "");
            string[] cells =
            [
                Path.GetFileName(picture.Name), stored.Format, Size(stored.Width, stored.Height), Number(stored.Orientation),
                Size(picture.Width, picture.Height),
                $"{Number(picture.Squares)}{tiles}", picture.Sha256[..12],
            ];
            table.AddRow([.. cells.Select(Markup.Escape)]);
        }
        console.Write(table);
        var writer = console.Profile.Out.Writer;
        writer.WriteLine($"pixel_values: {string.Join(" x ", report.Shape)}");
        writer.WriteLine($"codecs: {string.Join(", ", report.Codecs.Select(codec => $"{codec.Name} {codec.Version}"))}");
        writer.WriteLine($"outputs: {output} ({Quantity.Bytes(report.File.Bytes)})");
    }

    static string Size(int width, int height) => $"{Number(width)} x {Number(height)}";

    static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
