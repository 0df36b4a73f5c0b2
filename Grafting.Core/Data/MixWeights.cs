namespace Grafting.Core.Data;

/// <summary>Weights of sources as the smallest whole numbers of the same proportion, for <see cref="MixOrder"/>.</summary>
public static class MixWeights
{
    const int Most = 1_000_000;

    /// <param name="given">Above 0, e.g. 0.7 and 0.3.</param>
    /// <returns>E.g. 7 and 3: so many samples of each in every ten, evenly spread.</returns>
    /// <exception cref="GraftException">
    /// Usage: a weight that is not above 0, or a proportion that takes more than a million samples to show.
    /// </exception>
    public static IReadOnlyList<int> Whole(IReadOnlyList<double> given)
    {
        if (given.Count == 0) throw Fault.Usage("no weight was given.");
        foreach (var (place, weight) in given.Index())
        {
            if (!(weight is > 0 and <= Most))
                throw Fault.Usage(FormattableString.Invariant($"weight {place + 1} is {weight}; it must be above 0, and {Most} at most."));
        }
        // Decimal, so that 0.7 and 0.3 are what was written.
        decimal[] weights = [.. given.Select(weight => (decimal)weight)];
        var scale = 1m;
        while (weights.Any(weight => weight * scale != decimal.Truncate(weight * scale)) && scale <= Most) scale *= 10;
        long[] whole = [.. weights.Select(weight => (long)decimal.Truncate(weight * scale))];
        var divisor = whole.Aggregate(Divisor);
        if (scale > Most || whole.Sum() / divisor > Most)
            throw Fault.Usage(FormattableString.Invariant($"the weights {string.Join(", ", given)} have too many digits."), "Round them.");
        return [.. whole.Select(weight => (int)(weight / divisor))];
    }

    static long Divisor(long a, long b) => b == 0 ? a : Divisor(b, a % b);
}
