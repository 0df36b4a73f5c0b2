using System.Globalization;

namespace Grafting.Core.Reporting.Charts;

/// <summary>Maps values to a stretch of a drawing, and knows where round numbers lie.</summary>
internal sealed record Axis(double Low, double High, bool Log, double Start, double End)
{
    static readonly double[] steps = [1, 2, 5];

    /// <summary>Covers the range with some air, from round number to round number; from 0 where that is near.</summary>
    public static Axis Rounded(double low, double high, double start, double end, int ticks = 5)
    {
        if (low > 0 && low < 0.4 * high) low = 0;
        if (high <= low) high = low + 1;
        var step = Step(low, high, ticks);
        return new Axis(Math.Floor(low / step) * step, Math.Ceiling(high / step) * step, false, start, end);
    }

    /// <summary>Logarithmic, from 1, 2 or 5 times a power of ten to another; the range must be positive.</summary>
    public static Axis Logarithmic(double low, double high, double start, double end) =>
        new(RoundDown(low), RoundUp(high), true, start, end);

    public double At(double value)
    {
        var share = Log
            ? (Math.Log(value) - Math.Log(Low)) / (Math.Log(High) - Math.Log(Low))
            : (value - Low) / (High - Low);
        return Start + share * (End - Start);
    }

    /// <summary>About <paramref name="count"/> round numbers within the axis.</summary>
    public IReadOnlyList<double> Ticks(int count = 5)
    {
        if (Log) return LogTicks(count);
        var step = Step(Low, High, count);
        var first = Math.Ceiling(Low / step - 1e-9);
        var last = Math.Floor(High / step + 1e-9);
        return [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)];
    }

    public static string Label(double tick)
    {
        var rounded = Math.Round(tick, 10);
        return (
            Math.Abs(rounded) >= 1000
                ? rounded.ToString("#,0.##", grouped)
                : rounded.ToString("0.##########", CultureInfo.InvariantCulture))
            .Replace('-', '−');
    }

    static readonly NumberFormatInfo grouped = new() { NumberGroupSeparator = "\u202F" };

    double[] LogTicks(int count)
    {
        List<double> ticks = [];
        for (var tick = Low; tick <= High * (1 + 1e-9); tick = RoundUp(tick * 1.01)) ticks.Add(tick);
        // Powers of ten alone where all would be too close.
        return [.. ticks.Count <= 2 * count ? ticks : ticks.Where(tick => Math.Abs(Math.Log10(tick) % 1) is < 1e-9 or > 1 - 1e-9)];
    }

    static double Step(double low, double high, int count)
    {
        var rough = (high - low) / count;
        return steps.Append(10).Select(step => step * PowerBelow(rough)).First(step => step >= rough * (1 - 1e-9));
    }

    static double RoundDown(double value) => steps.Select(step => step * PowerBelow(value)).Last(step => step <= value * (1 + 1e-9));

    static double RoundUp(double value) =>
        steps.Append(10).Select(step => step * PowerBelow(value)).First(step => step >= value * (1 - 1e-9));

    static double PowerBelow(double value) => Math.Pow(10, Math.Floor(Math.Log10(value) + 1e-9));
}
