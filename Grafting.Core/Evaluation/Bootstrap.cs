using Grafting.Core.Numerics;

namespace Grafting.Core.Evaluation;

/// <summary>A measured value with its 95 % interval.</summary>
public readonly record struct Interval(double Value, double Low, double High)
{
    public bool Contains(double value) => Low <= value && value <= High;
}

/// <summary>
/// 95 % percentile bootstrap of a mean (Efron and Tibshirani, "An Introduction to the Bootstrap", chapter 13). Whole clusters are drawn,
/// with replacement: several questions about one picture are no independent evidence.
/// </summary>
/// <remarks>
/// Deterministic in the seed. With few clusters, or where all values are equal (100 % right), the interval is too narrow: it cannot show
/// what was not in the sample.
/// </remarks>
public static class Bootstrap
{
    public const int Resamples = 2000;

    /// <summary>The mean of the values.</summary>
    /// <param name="clusters">What each value belongs to, e.g. its picture; as many as values.</param>
    /// <exception cref="GraftException">There is no value.</exception>
    public static Interval Mean(IReadOnlyList<double> values, IReadOnlyList<string> clusters, ulong seed, int resamples = Resamples)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(clusters.Count, values.Count);
        if (values.Count == 0)
            throw Fault.Input("there is no question to take a mean over.", "Give held-out data with at least one answer.");
        var groups = Totals(values, clusters);
        var random = new DeterministicRandom(seed);
        var means = new double[resamples];
        for (var i = 0; i < resamples; i++)
        {
            var (sum, count) = (0.0, 0L);
            for (var drawn = 0; drawn < groups.Length; drawn++)
            {
                var group = groups[random.NextInt(groups.Length)];
                sum += group.Sum;
                count += group.Count;
            }
            means[i] = sum / count;
        }
        Array.Sort(means);
        return new Interval(values.Average(), Quantile(means, 0.025), Quantile(means, 0.975));
    }

    /// <summary>The mean of <paramref name="first"/> − <paramref name="second"/>, two systems' values on the same questions.</summary>
    public static Interval Difference(
        IReadOnlyList<double> first, IReadOnlyList<double> second, IReadOnlyList<string> clusters, ulong seed, int resamples = Resamples)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(second.Count, first.Count);
        return Mean([.. first.Zip(second, (a, b) => a - b)], clusters, seed, resamples);
    }

    static (double Sum, int Count)[] Totals(IReadOnlyList<double> values, IReadOnlyList<string> clusters)
    {
        Dictionary<string, int> places = new(StringComparer.Ordinal);
        List<(double Sum, int Count)> totals = [];
        for (var i = 0; i < values.Count; i++)
        {
            if (!places.TryGetValue(clusters[i], out var place))
            {
                places[clusters[i]] = place = totals.Count;
                totals.Add((0, 0));
            }
            totals[place] = (totals[place].Sum + values[i], totals[place].Count + 1);
        }
        return [.. totals];
    }

    /// <summary>Interpolates between the order statistics around the rank.</summary>
    public static double Quantile(double[] sorted, double share)
    {
        var rank = share * (sorted.Length - 1);
        var below = (int)rank;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (sorted[above] - sorted[below]) * (rank - below);
    }
}
