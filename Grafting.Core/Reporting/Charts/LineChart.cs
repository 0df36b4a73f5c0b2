using System.Globalization;
using System.Text;

namespace Grafting.Core.Reporting.Charts;

public readonly record struct CurvePoint(double X, double Y);

/// <param name="Css">Class that gives the line its colour.</param>
/// <param name="Noisy">Drawn as a smoothed line over the pale original; otherwise as a line with a dot at each point.</param>
public sealed record LineSeries(string Name, string Css, IReadOnlyList<CurvePoint> Points, bool Noisy);

/// <summary>Static SVG of curves over a common axis. Colours and fonts come from the page's style sheet.</summary>
public static class LineChart
{
    const double Width = 460, Height = 250, Left = 44, Right = 12, Top = 34, Bottom = 40;

    /// <summary>A range wider than this needs a logarithmic axis to show both ends.</summary>
    const double WidestLinear = 20;

    /// <summary>Finer detail than the drawing can show is reduced to the extremes of that many columns.</summary>
    const int Columns = 240;

    public static Markup Draw(string title, string xLabel, string yLabel, IReadOnlyList<LineSeries> series)
    {
        var points = series.SelectMany(line => line.Points).ToList();
        if (points.Count == 0) return Markup.Empty;
        var (low, high) = (points.Min(point => point.Y), points.Max(point => point.Y));
        var (bottom, top) = (Height - Bottom, Top);
        var y = low > 0 && high / low > WidestLinear
            ? Axis.Logarithmic(low, high, bottom, top)
            : Axis.Rounded(low, high, bottom, top);
        var lines = series.Where(line => line.Points.Count > 0).Select(
            line => (Series: line, Shown: line.Noisy ? Smooth(line.Points) : line.Points)).ToList();
        var x = new Axis(0, Math.Max(1, points.Max(point => point.X)), false, Left, Width - Right);
        return Markup.Of($"""
            <svg class="chart" viewBox="0 0 {Width} {Height}" role="img" aria-label="{title}" xmlns="http://www.w3.org/2000/svg">
            <title>{title}</title>
            {Markup.Join(y.Ticks(), tick => Markup.Of($"""
                <line class="grid" x1="{Left}" x2="{Width - Right}" y1="{y.At(tick)}" y2="{y.At(tick)}"/>
                <text class="tick" x="{Left - 7}" y="{y.At(tick) + 3.5}" text-anchor="end">{Axis.Label(tick)}</text>
                """))}
            <line class="axis" x1="{Left}" x2="{Width - Right}" y1="{bottom}" y2="{bottom}"/>
            {Markup.Join(x.Ticks(), tick => Markup.Of($"""<text class="tick" x="{x.At(tick)}" y="{bottom + 16}" text-anchor="middle">{Axis.Label(tick)}</text>"""))}
            <text class="label" x="{Width - Right}" y="{Height - 6}" text-anchor="end">{xLabel}</text>
            <text class="label" x="{Width - Right}" y="14" text-anchor="end">{(y.Log ? yLabel + ", logarithmic" : yLabel)}</text>
            {Legend(lines)}
            {Markup.Join(lines, line => Line(line.Series, line.Shown, x, y))}
            </svg>
            """);
    }

    /// <summary>Name and last value of each line.</summary>
    static Markup Legend(List<(LineSeries Series, IReadOnlyList<CurvePoint> Shown)> lines)
    {
        var at = Left;
        List<Markup> entries = [];
        foreach (var (line, shown) in lines)
        {
            var text = $"{line.Name} {Wording.Nats(shown[^1].Y)}";
            entries.Add(Markup.Of($"""
                <g class="{line.Css}"><line class="swatch" x1="{at}" x2="{at + 16}" y1="10" y2="10"/></g>
                <text class="legend" x="{at + 21}" y="14">{text}</text>
                """));
            at += 34 + text.Length * 6.1;
        }
        return Markup.Join(entries);
    }

    static Markup Line(LineSeries line, IReadOnlyList<CurvePoint> shown, Axis x, Axis y)
    {
        if (line.Noisy)
        {
            return Markup.Of($"""
                <g class="{line.Css}">
                <polyline class="raw" points="{Path(Extremes(line.Points), x, y)}"/>
                <polyline class="line" points="{Path(Extremes(shown), x, y)}"/>
                </g>
                """);
        }
        return Markup.Of($"""
            <g class="{line.Css}">
            <polyline class="line" points="{Path(line.Points, x, y)}"/>
            {Markup.Join(line.Points, point => Markup.Of($"""<circle class="dot" cx="{x.At(point.X)}" cy="{y.At(point.Y)}" r="2.6"/>"""))}
            </g>
            """);
    }

    static string Path(IEnumerable<CurvePoint> points, Axis x, Axis y)
    {
        var path = new StringBuilder();
        foreach (var point in points)
            path.Append(CultureInfo.InvariantCulture, $"{(path.Length > 0 ? " " : "")}{x.At(point.X):0.#},{y.At(point.Y):0.#}");
        return path.ToString();
    }

    /// <summary>Mean over a window of a thirtieth of the curve, centred, cut off at the ends.</summary>
    static CurvePoint[] Smooth(IReadOnlyList<CurvePoint> points)
    {
        var reach = points.Count / 60;
        var sums = new double[points.Count + 1];
        for (var i = 0; i < points.Count; i++) sums[i + 1] = sums[i] + points[i].Y;
        var smooth = new CurvePoint[points.Count];
        for (var i = 0; i < points.Count; i++)
        {
            var (from, to) = (Math.Max(0, i - reach), Math.Min(points.Count, i + reach + 1));
            smooth[i] = new CurvePoint(points[i].X, (sums[to] - sums[from]) / (to - from));
        }
        return smooth;
    }

    /// <summary>The lowest and the highest point of each column, in their order.</summary>
    static IEnumerable<CurvePoint> Extremes(IReadOnlyList<CurvePoint> points)
    {
        if (points.Count <= 2 * Columns) return points;
        return points
            .Select((point, i) => (point, i))
            .GroupBy(entry => (long)entry.i * Columns / points.Count)
            .SelectMany(column => new[] { column.MinBy(entry => entry.point.Y), column.MaxBy(entry => entry.point.Y) }
                .DistinctBy(entry => entry.i).OrderBy(entry => entry.i))
            .Select(entry => entry.point);
    }
}
