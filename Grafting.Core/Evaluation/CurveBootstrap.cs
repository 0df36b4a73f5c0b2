using Grafting.Core.Numerics;

namespace Grafting.Core.Evaluation;

/// <summary>
/// Resamples of whole curves, with replacement: what is found in the mean curve is found anew in the mean curve of every resample. All
/// points of a curve stay together, as they come from one sample. Deterministic in the seed.
/// </summary>
/// <param name="Mean">Of all curves, point by point.</param>
/// <param name="Errors">Squared standard error of each mean; zeros where there is one curve.</param>
/// <param name="Resampled">Mean curve of each resample.</param>
public sealed record CurveBootstrap(double[] Mean, double[] Errors, IReadOnlyList<double[]> Resampled)
{
    /// <param name="curves">At least one, of one length.</param>
    public static CurveBootstrap Of(IReadOnlyList<double[]> curves, ulong seed, int resamples = Bootstrap.Resamples)
    {
        ArgumentOutOfRangeException.ThrowIfZero(curves.Count);
        var (count, points) = (curves.Count, curves[0].Length);
        var mean = new double[points];
        foreach (var curve in curves) Add(mean, curve, 1);
        Divide(mean, count);
        var errors = new double[points];
        if (count > 1)
        {
            foreach (var curve in curves)
                for (var i = 0; i < points; i++) errors[i] += (curve[i] - mean[i]) * (curve[i] - mean[i]);
            Divide(errors, (double)count * (count - 1));
        }
        var random = new DeterministicRandom(seed);
        var resampled = new double[resamples][];
        var times = new int[count];
        for (var resample = 0; resample < resamples; resample++)
        {
            Array.Clear(times);
            for (var drawn = 0; drawn < count; drawn++) times[random.NextInt(count)]++;
            var sum = new double[points];
            for (var i = 0; i < count; i++)
            {
                if (times[i] > 0) Add(sum, curves[i], times[i]);
            }
            Divide(sum, count);
            resampled[resample] = sum;
        }
        return new CurveBootstrap(mean, errors, resampled);
    }

    /// <summary>The mean at every point with its 95 % percentile interval.</summary>
    public IReadOnlyList<Interval> Intervals()
    {
        var column = new double[Resampled.Count];
        var intervals = new Interval[Mean.Length];
        for (var i = 0; i < intervals.Length; i++)
        {
            for (var resample = 0; resample < column.Length; resample++) column[resample] = Resampled[resample][i];
            Array.Sort(column);
            intervals[i] = new Interval(Mean[i], Bootstrap.Quantile(column, 0.025), Bootstrap.Quantile(column, 0.975));
        }
        return intervals;
    }

    static void Add(double[] sum, double[] curve, int times)
    {
        for (var i = 0; i < sum.Length; i++) sum[i] += times * curve[i];
    }

    static void Divide(double[] values, double divisor)
    {
        for (var i = 0; i < values.Length; i++) values[i] /= divisor;
    }
}
