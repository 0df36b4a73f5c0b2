using System.Globalization;
using System.Text.RegularExpressions;
using Grafting.Core;

namespace Grafting.Surrogates.Planning;

/// <summary>An amount of memory as people type it.</summary>
public static partial class ByteAmount
{
    static readonly string[] Prefixes = ["", "K", "M", "G", "T"];

    /// <summary><c>80GB</c> and <c>80 GB</c> are 80·10^9 bytes, <c>80GiB</c> are 80·2^30; a unit is required.</summary>
    /// <param name="option">For messages.</param>
    /// <exception cref="GraftException">Usage.</exception>
    public static long Parse(string text, string option)
    {
        const string Remedy = "Write a number and a unit: B, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024), e.g. "
            + "80GB.";
        if (Amount().Match(text) is not { Success: true } match
            || !double.TryParse(match.Groups[1].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            throw Fault.Usage($"{option} is {Printable.Quote(text)}, which is not an amount of memory.", Remedy);
        }
        var step = match.Groups[3].Value.Length > 0 ? 1024.0 : 1000.0;
        var bytes = number * Math.Pow(step, Array.IndexOf(Prefixes, match.Groups[2].Value.ToUpperInvariant()));
        if (bytes is < 1 or > 1e18) throw Fault.Usage($"{option} is {Printable.Quote(text)}; it must be between 1 byte and 10^18.", Remedy);
        return (long)bytes;
    }

    [GeneratedRegex(@"^\s*([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?)((?<=[KMGT])i)?B\s*\z", RegexOptions.IgnoreCase)]
    private static partial Regex Amount();
}
