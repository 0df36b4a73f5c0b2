using System.Globalization;
using System.Text.RegularExpressions;

namespace Grafting.Core.Reporting.Charts;

/// <summary>A chart as a file of its own, with the page's colours in it, light and dark.</summary>
public static partial class SvgFile
{
    /// <summary>Around the chart, which fills its view box to the edge.</summary>
    const double Margin = 12;

    static readonly string Style = string.Join(
        '\n', HtmlPage.Style.Split('\n').TakeWhile(line => !line.StartsWith("* {", StringComparison.Ordinal))
        .Concat(HtmlPage.Style.Split('\n').Where(line => Rule().IsMatch(line))));

    /// <param name="chart">An <c>svg</c> element with a view box from 0, 0.</param>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static string Of(Markup chart)
    {
        var opening = Opening().Match(chart.Text);
        if (!opening.Success) throw new ArgumentException("the chart is empty or no svg element", nameof(chart));
        var (width, height) = (Side(opening.Groups[2]), Side(opening.Groups[3]));
        var rest = chart.Text[(opening.Index + opening.Length)..];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {opening.Groups[1].Value}viewBox="{-Margin} {-Margin} {width} {height}"{opening.Groups[4].Value} width="{width}" height="{height}">
            <style>
            {Style}
            </style>
            <rect x="{-Margin}" y="{-Margin}" width="{width}" height="{height}" style="fill: var(--paper)"/>{rest}

            """);
    }

    static double Side(Group digits) => double.Parse(digits.Value, CultureInfo.InvariantCulture) + (2 * Margin);

    [GeneratedRegex("""(<svg [^>]*)viewBox="0 0 ([0-9.]+) ([0-9.]+)"([^>]*)>""")]
    private static partial Regex Opening();

    /// <summary>Rules of the style sheet that charts need.</summary>
    [GeneratedRegex(@"^(svg \.|svg text|\.(pair|other) )")]
    private static partial Regex Rule();
}
