using Grafting.Core.Evaluation;
using Grafting.Core.Numerics;

namespace Grafting.Recipes.Study;

/// <summary>One number per seed and question, in percent points; every seed was asked the same questions.</summary>
/// <param name="BySeed">[seed][question].</param>
/// <param name="Pictures">The picture of each question.</param>
public sealed record StudySample(IReadOnlyList<double[]> BySeed, IReadOnlyList<string> Pictures)
{
    /// <summary>This minus another, seed by seed and question by question.</summary>
    public StudySample Minus(StudySample other) =>
        this with { BySeed = [.. BySeed.Zip(other.BySeed, (mine, theirs) => mine.Zip(theirs, (a, b) => a - b).ToArray())] };

    /// <summary>Only the questions that are asked for.</summary>
    public StudySample Where(IReadOnlyList<bool> wanted) => new(
        [.. BySeed.Select(values => values.Where((_, i) => wanted[i]).ToArray())], [.. Pictures.Where((_, i) => wanted[i])]);

    /// <summary>Mean over the samples, which have the same seeds and questions.</summary>
    public static StudySample MeanOf(IReadOnlyList<StudySample> samples) => samples[0] with
    {
        BySeed =
            [.. samples[0]
                .BySeed.Select((first, seed) => first.Select((_, i) => samples.Average(sample => sample.BySeed[seed][i])).ToArray())],
    };
}

/// <summary>Intervals and tests for <see cref="StudySample"/>. Deterministic.</summary>
public static class StudyStatistics
{
    const ulong Seed = 1;
    const int Permutations = 9999;

    /// <summary>
    /// The mean with its 95 % percentile interval over resamples in which seeds and pictures are both drawn with replacement, each drawn
    /// picture for every drawn seed (the crossed bootstrap of Owen, "The pigeonhole bootstrap", 2007). With few seeds it is a little too
    /// narrow; with one it tells what other pictures would change, and not what another training would.
    /// </summary>
    public static Interval Mean(StudySample sample, int resamples = Bootstrap.Resamples)
    {
        var (sums, counts) = Totals(sample);
        var random = new DeterministicRandom(Seed);
        var (seeds, pictures) = (sums.Length, counts.Length);
        var means = new double[resamples];
        var times = new int[seeds];
        for (var resample = 0; resample < resamples; resample++)
        {
            Array.Clear(times);
            for (var drawn = 0; drawn < seeds; drawn++) times[random.NextInt(seeds)]++;
            var (sum, count) = (0.0, 0.0);
            for (var drawn = 0; drawn < pictures; drawn++)
            {
                var picture = random.NextInt(pictures);
                for (var s = 0; s < seeds; s++) sum += times[s] * sums[s][picture];
                count += (double)seeds * counts[picture];
            }
            means[resample] = sum / count;
        }
        Array.Sort(means);
        return new Interval(
            sample.BySeed.Average(values => values.Average()), Bootstrap.Quantile(means, 0.025), Bootstrap.Quantile(means, 0.975));
    }

    /// <summary>
    /// Two-sided p-value of the mean being <paramref name="threshold"/>: the signs of whole pictures' distances from it, summed over seeds,
    /// are exchanged at random. It asks whether other pictures could have given this result with these seeds; five seeds are too few for a
    /// test over them.
    /// </summary>
    public static double SignFlip(StudySample sample, double threshold = 0)
    {
        var (sums, counts) = Totals(sample);
        var distances = counts.Select((count, picture) => sums.Sum(seed => seed[picture]) - (threshold * count * sums.Length)).ToArray();
        var observed = Math.Abs(distances.Sum());
        var random = new DeterministicRandom(Seed);
        var asFar = 0;
        for (var permutation = 0; permutation < Permutations; permutation++)
        {
            var sum = 0.0;
            foreach (var distance in distances) sum += random.Chance(0.5) ? distance : -distance;
            // Sums of the same numbers in another order differ in their last digits.
            if (Math.Abs(sum) >= observed - 1e-9 * Math.Max(1, observed)) asFar++;
        }
        return (1.0 + asFar) / (1.0 + Permutations);
    }

    /// <summary>Holm's step-down adjustment for testing several claims at once.</summary>
    public static IReadOnlyList<double> Holm(IReadOnlyList<double> values)
    {
        var adjusted = new double[values.Count];
        var largest = 0.0;
        var order = Enumerable.Range(0, values.Count).OrderBy(i => values[i]).ToArray();
        for (var rank = 0; rank < order.Length; rank++)
        {
            largest = Math.Max(largest, Math.Min(1, (values.Count - rank) * values[order[rank]]));
            adjusted[order[rank]] = largest;
        }
        return adjusted;
    }

    /// <summary>Sum per seed and picture, and questions per picture, pictures in their first order.</summary>
    static (double[][] Sums, int[] Counts) Totals(StudySample sample)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var of = sample.Pictures.Select(
            picture => places.TryGetValue(picture, out var place) ? place : places[picture] = places.Count).ToArray();
        var counts = new int[places.Count];
        foreach (var place in of) counts[place]++;
        var sums = sample.BySeed.Select(values =>
        {
            var sum = new double[counts.Length];
            for (var i = 0; i < values.Length; i++) sum[of[i]] += values[i];
            return sum;
        });
        return ([.. sums], counts);
    }
}
