using Grafting.Core.Evaluation;

namespace Grafting.Core.Reporting.Charts;

/// <param name="Css">Class that gives the mark its colour.</param>
/// <param name="Figures">The numbers, as printed beside the mark.</param>
public sealed record IntervalRow(string Label, string Css, Interval Interval, string Figures);

/// <summary>Static SVG of values with their intervals: a dot on a bar, one row each.</summary>
public static class IntervalChart
{
    const double Width = 760, Left = 118, Right = 176, RowHeight = 34, Top = 8, Bottom = 30;

    /// <param name="unit">Printed under the axis.</param>
    /// <param name="range">Of the axis; what the rows and 0 need, where null.</param>
    public static Markup Draw(string title, string unit, IReadOnlyList<IntervalRow> rows, (double Low, double High)? range = null)
    {
        if (rows.Count == 0) return Markup.Empty;
        var bottom = Top + rows.Count * RowHeight;
        var axis = range is { } given
            ? new Axis(given.Low, given.High, false, Left, Width - Right)
            : Axis.Rounded(
                Math.Min(0, rows.Min(row => row.Interval.Low)), Math.Max(0, rows.Max(row => row.Interval.High)), Left, Width - Right);
        return Markup.Of($"""
            <svg class="chart wide" viewBox="0 0 {Width} {bottom + Bottom}" role="img" aria-label="{title}" xmlns="http://www.w3.org/2000/svg">
            <title>{title}</title>
            {Markup.Join(axis.Ticks(), tick => Markup.Of($"""
                <line class="{(tick == 0 ? "axis" : "grid")}" x1="{axis.At(tick)}" x2="{axis.At(tick)}" y1="{Top}" y2="{bottom}"/>
                <text class="tick" x="{axis.At(tick)}" y="{bottom + 16}" text-anchor="middle">{Axis.Label(tick)}</text>
                """))}
            <text class="label" x="{Width}" y="{bottom + 16}" text-anchor="end">{unit}</text>
            {Markup.Join(rows.Select((row, i) => Row(row, Top + (i + 0.5) * RowHeight, axis)))}
            </svg>
            """);
    }

    static Markup Row(IntervalRow row, double y, Axis axis) => Markup.Of($"""
        <g class="{row.Css}">
        <text class="rowlabel" x="0" y="{y + 4.5}">{row.Label}</text>
        <line class="whisker" x1="{axis.At(row.Interval.Low)}" x2="{axis.At(row.Interval.High)}" y1="{y}" y2="{y}"/>
        <circle class="mark" cx="{axis.At(row.Interval.Value)}" cy="{y}" r="5.5"/>
        <text class="figures" x="{Width}" y="{y + 4.5}" text-anchor="end">{row.Figures}</text>
        </g>
        """);
}
