using System.Globalization;
using Grafting.Core.Evaluation;

namespace Grafting.Core.Reporting;

/// <summary>How results are put into words and figures, on the page and on the console.</summary>
public static class Wording
{
    /// <summary>Name and explanation of a system.</summary>
    public static (string Name, string Meaning) System(string key) => key switch
    {
        "pair" => ("Pair", "encoder and surrogate, as trained together"),
        "graft" => ("Graft", "the same encoder in the full target, without further training"),
        "tuned" => ("Tuned", "the graft after fine-tuning, the target included"),
        "blind" => ("Blind", "the graft, shown the picture of another question"),
        "text" => ("Text", "the target, told in words what the picture shows: an upper bound"),
        _ => (key, ""),
    };

    /// <summary>"85.6".</summary>
    public static string Percent(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>"+1.2" or "−0.6", "0.0" for what rounds to zero.</summary>
    public static string Signed(double value) => value.ToString("+0.0;−0.0;0.0", CultureInfo.InvariantCulture);

    public static string Nats(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>"85.6 (83.4 to 87.7)".</summary>
    public static string Figures(Interval interval, Func<double, string> format) =>
        $"{format(interval.Value)} ({format(interval.Low)} to {format(interval.High)})";

    public static string Count(long count) => Charts.Axis.Label(count);

    /// <summary>"8.3 s", "4 min 12 s", "2 h 5 min".</summary>
    public static string Duration(double seconds)
    {
        if (seconds < 59.95) return $"{seconds.ToString("0.0", CultureInfo.InvariantCulture)} s";
        var whole = (long)Math.Round(seconds);
        return whole < 3600 ? $"{whole / 60} min {whole % 60} s" : $"{whole / 3600} h {whole % 3600 / 60} min";
    }

    /// <summary>How far the graft is from the pair, with its interval; says parity where the data do not tell them apart.</summary>
    public static string GraftAgainstPair(SystemDifference difference)
    {
        var points = difference.Points;
        var interval = $"95 % interval {Signed(points.Low)} to {Signed(points.High)}";
        return difference.Parity
            ? $"Graft − pair is {Signed(points.Value)} points ({interval}): parity."
            : $"Graft − pair is {Signed(points.Value)} points ({interval}): the graft is {(points.Value > 0 ? "better" : "worse")} than "
                + "the pair.";
    }

    /// <summary>How far one system is from another, for a difference called e.g. "tuned-blind".</summary>
    public static string Against(string name, SystemDifference difference)
    {
        var (points, systems) = (difference.Points, name.Split('-', 2));
        var verdict = difference.Parity
            ? "parity"
            : points.Value > 0 ? $"{System(systems[0]).Name} is better"
            : $"{System(systems[0]).Name} is worse";
        return $"{System(systems[0]).Name} − {System(systems[1]).Name} is {Signed(points.Value)} points (95 % interval "
            + $"{Signed(points.Low)} to {Signed(points.High)}): {verdict}.";
    }

    /// <summary>Why a curve ended before its last mark; null where it did not.</summary>
    public static string? CurveEnd(CurveResult result)
    {
        if (!result.Flat || result.Marks[^1].Gain is not { } gain) return null;
        return $"The run ended at {Percent(result.Marks[^1].Percent)} %: the gain over the mark before is {Signed(gain.Points.Value)} "
            + $"points (95 % interval {Signed(gain.Points.Low)} to {Signed(gain.Points.High)}), which shows no gain. The learning rate "
            + $"stood at {Percent(100 * result.RateLeft)} % of its peak.";
    }

    /// <summary>How much of the graft's score comes from seeing.</summary>
    public static string GraftAgainstBlind(SystemDifference difference)
    {
        var points = difference.Points;
        var interval = $"95 % interval {Signed(points.Low)} to {Signed(points.High)}";
        return difference.Parity
            ? $"Graft − blind is {Signed(points.Value)} points ({interval}): nothing shows that the graft sees."
            : $"Graft − blind is {Signed(points.Value)} points ({interval}): that much comes from the picture.";
    }
}
