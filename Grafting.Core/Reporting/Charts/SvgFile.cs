using System.Globalization;
using System.Text.RegularExpressions;

namespace Grafting.Core.Reporting.Charts;

/// <summary>A chart as a file of its own, with the page's colours in it, light and dark.</summary>
public static partial class SvgFile
{
    static readonly string Style = string.Join('\n', HtmlPage.Style.Split('\n').TakeWhile(line => !line.StartsWith("* {", StringComparison.Ordinal))
        .Concat(HtmlPage.Style.Split('\n').Where(line => Rule().IsMatch(line))));

    /// <param name="chart">An <c>svg</c> element with a view box from 0, 0.</param>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static string Of(Markup chart)
    {
        var opening = Opening().Match(chart.Text);
        if (!opening.Success) throw new ArgumentException("the chart is empty or no svg element", nameof(chart));
        var (width, height) = (opening.Groups[1].Value, opening.Groups[2].Value);
        var rest = chart.Text[(opening.Index + opening.Length)..];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{opening.Value[..^1]} width=\"{width}\" height=\"{height}\">\n<style>\n{Style}\n</style>\n<rect width=\"{width}\" height=\"{height}\" style=\"fill: var(--paper)\"/>{rest}\n");
    }

    [GeneratedRegex("""<svg [^>]*viewBox="0 0 ([0-9.]+) ([0-9.]+)"[^>]*>""")]
    private static partial Regex Opening();

    /// <summary>Rules of the style sheet that charts need.</summary>
    [GeneratedRegex(@"^(svg \.|svg text|\.(pair|other) )")]
    private static partial Regex Rule();
}
