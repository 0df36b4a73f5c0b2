using System.Globalization;

namespace Grafting.Cli.Rendering;

/// <summary>Amounts as people read them.</summary>
static class Quantity
{
    const string ByteUnit = "B";
    static readonly string[] ByteUnits = ["B", "KB", "MB", "GB", "TB", "PB"];
    static readonly string[] CountUnits = ["", " k", " M", " G", " T"];

    /// <summary>"1.5 MB": powers of 1024, three digits.</summary>
    public static string Bytes(double bytes)
    {
        var (value, unit) = Scale(bytes, 1024, ByteUnits.Length);
        return unit == 0 ? Invariant($"{value:0} B") : Invariant($"{ThreeDigits(value)} {ByteUnits[unit]}");
    }

    /// <summary>"8.03 G": powers of 1000, three digits; below 10 000 in full.</summary>
    public static string Count(double count)
    {
        if (Math.Abs(count) < 10_000) return count == Math.Floor(count) ? Invariant($"{count:0}") : ThreeDigits(count);
        var (value, unit) = Scale(count, 1000, CountUnits.Length);
        return ThreeDigits(value) + CountUnits[unit];
    }

    public static string Of(long amount, string unit) => unit == ByteUnit ? Bytes(amount) : Invariant($"{amount} {unit}");

    public static string Pair(long done, long total, string unit) =>
        unit == ByteUnit ? $"{Bytes(done)} of {Bytes(total)}" : Invariant($"{done}/{total} {unit}");

    public static string Rate(double perSecond, string unit) =>
        unit == ByteUnit ? $"{Bytes(perSecond)}/s" : $"{Count(perSecond)} {unit}/s";

    /// <summary>"0:07", "12:34", "1:02:03".</summary>
    public static string Duration(TimeSpan time)
    {
        time = TimeSpan.FromSeconds(Math.Round(time.TotalSeconds));
        return time.TotalHours >= 1
            ? Invariant($"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}")
            : Invariant($"{time.Minutes}:{time.Seconds:00}");
    }

    static (double Value, int Unit) Scale(double value, double step, int units)
    {
        var unit = 0;
        while (Math.Abs(value) >= step && unit < units - 1)
        {
            value /= step;
            unit++;
        }

        return (value, unit);
    }

    static string ThreeDigits(double value) => Math.Abs(value) switch
    {
        >= 100 => Invariant($"{value:0}"),
        >= 10 => Invariant($"{value:0.0}"),
        _ => Invariant($"{value:0.00}"),
    };

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
