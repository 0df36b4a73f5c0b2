using System.Globalization;
using System.Text;
using Grafting.Core.Evaluation;

namespace Grafting.Core.Reporting.Charts;

/// <summary>A quantity after every decoder layer, and what follows from it.</summary>
/// <param name="Samples">One curve per sample over all layers.</param>
/// <param name="Mean">Of the samples at every layer.</param>
/// <param name="Transition">First layer of the late phase, with its interval.</param>
/// <param name="Replaced">First and last layer that a surrogate replaces.</param>
public sealed record LayerCurves(
    IReadOnlyList<double[]> Samples, IReadOnlyList<Interval> Mean, (int Layer, int Low, int High)? Transition,
    (int First, int Last)? Replaced);

/// <summary>
/// Static SVG of a quantity over the layers: a pale line per sample, the mean with its band, the transition with its interval, the replaced
/// range.
/// </summary>
public static class TrajectoryChart
{
    /// <summary>Of more samples, evenly chosen ones are drawn; more lines would only cover each other.</summary>
    public const int MostLines = 300;

    const double Left = 44, Right = 12, Top = 44, Bottom = 40;

    /// <summary>The first layer is left out of the range where it alone would make the rest flat.</summary>
    const double OverTheRest = 2.5;

    /// <summary>Samples are shown up to so many ranges of the mean beyond it.</summary>
    const double SampleHeadroom = 0.6;

    /// <param name="large">As wide as the page; otherwise for three in a row.</param>
    public static Markup Draw(string title, string unit, LayerCurves curves, bool large)
    {
        var (width, height) = large ? (760.0, 380.0) : (320.0, 240.0);
        var bottom = height - Bottom;
        var layers = curves.Mean.Count;
        var y = Values(curves, bottom);
        // Half a layer on either side, so that shaded layers are shaded whole.
        var x = new Axis(-0.5, layers - 0.5, false, Left, width - Right);
        return Markup.Of($"""
            <svg class="chart{(large ? " wide" : "")}" viewBox="0 0 {width} {height}" role="img" aria-label="{title}" xmlns="http://www.w3.org/2000/svg">
            <title>{title}</title>
            {Ground(curves, x, bottom)}
            {Markup.Join(y.Ticks(), tick => Markup.Of($"""
                <line class="grid" x1="{Left}" x2="{width - Right}" y1="{y.At(tick)}" y2="{y.At(tick)}"/>
                <text class="tick" x="{Left - 7}" y="{y.At(tick) + 3.5}" text-anchor="end">{Axis.Label(tick)}</text>
                """))}
            <svg x="{Left}" y="{Top - 1}" width="{width - Left - Right}" height="{bottom - Top + 2}" viewBox="{Left} {Top - 1} {width - Left - Right} {bottom - Top + 2}">
            {Lines(curves, x, y)}
            </svg>
            <line class="axis" x1="{Left}" x2="{width - Right}" y1="{bottom}" y2="{bottom}"/>
            {Markup.Join(LayerTicks(layers, large), tick => Markup.Of($"""<text class="tick" x="{x.At(tick)}" y="{bottom + 17}" text-anchor="middle">{tick}</text>"""))}
            {Mark(curves, x, bottom)}
            <text class="label" x="{width - Right}" y="{height - 4}" text-anchor="end">layer</text>
            <text class="label" x="0" y="12">{unit}</text>
            </svg>
            """);
    }

    /// <summary>That not every sample has its line, as a sentence; null where each has one.</summary>
    public static string? Thinned(int samples) => samples <= MostLines
        ? null
        : $"Of {Wording.Count(samples)} samples, {MostLines} are drawn, evenly chosen; mean and interval are those of all.";

    /// <summary>Which values lie outside of the drawing, as a sentence; null where none does.</summary>
    public static string? Outside(LayerCurves curves)
    {
        var y = Values(curves, 1);
        var beyond = curves.Samples.Count(sample => sample.Any(value => value < y.Low || value > y.High));
        if (curves.Mean[0].Value > y.High)
            return $"Layer 0 lies above the drawing: its mean is {curves.Mean[0].Value.ToString("0.00", CultureInfo.InvariantCulture)}.";
        if (beyond == 0) return null;
        return $"{(beyond == 1 ? "The line of 1 sample leaves" : $"The lines of {Wording.Count(beyond)} samples leave")} the drawing.";
    }

    /// <summary>Shows the means and most of the samples: one wild sample must not make the rest flat.</summary>
    static Axis Values(LayerCurves curves, double bottom)
    {
        var rest = curves.Mean.Skip(1).Select(mean => mean.High).DefaultIfEmpty(double.PositiveInfinity).Max();
        var first = curves.Mean[0].Value > OverTheRest * rest ? 1 : 0;
        var means = curves.Mean.Skip(first).ToList();
        var values = curves.Samples.SelectMany(sample => sample.Skip(first)).ToList();
        var (lowest, highest) = (means.Min(mean => mean.Low), means.Max(mean => mean.High));
        var room = SampleHeadroom * (highest - lowest);
        return Axis.Rounded(
            Math.Max(values.Min(), lowest - room), Math.Min(Math.Max(values.Max(), highest), highest + room), bottom, Top);
    }

    static Markup Ground(LayerCurves curves, Axis x, double bottom)
    {
        var replaced = curves.Replaced is { } range
            ? Shade("replaced", range.First, range.Last, x, Top, bottom - Top)
            : Markup.Empty;
        var interval = curves.Transition is { } found
            ? Shade("interval", found.Low, found.High, x, Top, bottom - Top)
            : Markup.Empty;
        return Markup.Join([replaced, interval]);
    }

    /// <summary>The layers from first to last, each with its whole width.</summary>
    static Markup Shade(string css, int first, int last, Axis x, double top, double height) => Markup.Of($"""
        <rect class="{css}" x="{x.At(first - 0.5)}" y="{top}" width="{x.At(last + 0.5) - x.At(first - 0.5)}" height="{height}"/>
        """);

    static Markup Lines(LayerCurves curves, Axis x, Axis y) => Markup.Of($"""
        <g class="{(curves.Samples.Count > 100 ? "samples many" : "samples")}">
        {Markup.Join(Chosen(curves.Samples), sample => Markup.Of($"""
            <polyline class="sample" points="{Path(sample, x, y)}"/>

            """))}
        </g>
        <g class="mean">
        <polygon class="band" points="{Path([.. curves.Mean.Select(mean => mean.High)], x, y)} {Path([.. curves.Mean.Select(mean => mean.Low)], x, y, backwards: true)}"/>
        <polyline class="line" points="{Path([.. curves.Mean.Select(mean => mean.Value)], x, y)}"/>
        </g>
        """);

    /// <summary>The place of the transition, named beside its line where there is room for the words.</summary>
    static Markup Mark(LayerCurves curves, Axis x, double bottom)
    {
        var replaced = curves.Replaced is { } range
            ? Shade("replacedbar", range.First, range.Last, x, bottom, 4)
            : Markup.Empty;
        if (curves.Transition is not { } found) return replaced;
        var at = x.At(found.Layer);
        var name = found.Low == found.High ? $"transition {found.Layer}" : $"transition {found.Layer} ({found.Low} to {found.High})";
        var half = 3.2 * name.Length;
        return Markup.Join([replaced, Markup.Of($"""
            <g class="transition">
            <line class="mark" x1="{at}" x2="{at}" y1="{Top - 6}" y2="{bottom}"/>
            <text class="rowlabel" x="{Math.Clamp(at, x.Start + half, x.End - half)}" y="{Top - 12}" text-anchor="middle">{name}</text>
            </g>
            """)]);
    }

    static IEnumerable<double[]> Chosen(IReadOnlyList<double[]> samples) => samples.Count <= MostLines
        ? samples
        : Enumerable.Range(0, MostLines).Select(i => samples[(int)((long)i * samples.Count / MostLines)]);

    static IEnumerable<int> LayerTicks(int layers, bool large)
    {
        var every = layers <= (large ? 16 : 12) ? 1 : layers <= (large ? 48 : 24) ? 4 : layers <= 48 ? 8 : large ? 10 : 20;
        return Enumerable.Range(0, layers).Where(layer => layer == layers - 1 || (layer % every == 0 && layers - 1 - layer > every / 3));
    }

    static string Path(double[] values, Axis x, Axis y, bool backwards = false)
    {
        var path = new StringBuilder();
        for (var i = 0; i < values.Length; i++)
        {
            var layer = backwards ? values.Length - 1 - i : i;
            path.Append(CultureInfo.InvariantCulture, $"{(i > 0 ? " " : "")}{x.At(layer):0.#},{y.At(values[layer]):0.#}");
        }
        return path.ToString();
    }
}
