namespace Grafting.Surrogates.Analysis;

/// <summary>
/// Where a curve over the layers of a decoder passes from one phase to another: the first layer of the late phase, and how strongly the
/// curve speaks for two phases rather than one.
/// </summary>
/// <remarks>
/// <para>
/// Each phase is a straight line over the layer index with a residual variance of its own (two regimes: Quandt, Journal of the American
/// Statistical Association 53, 1958). The lines are either free, so that the curve may jump, or meet in the last early layer (Hudson, the
/// same journal 61, 1966); of the two the one with the better Bayesian information criterion (Schwarz, Annals of Statistics 6, 1978) is
/// taken. Against them stands one straight line, whose variance may change at a layer too: a line with proportional noise is thus no
/// transition. The observations are the layers of the mean curve. A phase is never trusted beyond the sampling error of its means, nor
/// beyond a hundredth of the curve's range, so that two points do not make a perfect line.
/// </para>
/// <para>
/// Why this form, on synthetic curves of the known shapes: with the spread of the samples in the residuals the break is found about three
/// layers late, as spread is proportional to the level and goes on into the decline; on a logarithmic scale six or more late, because the
/// curve ends in 0; joined lines alone miss jumps, free lines alone scatter about a bend; a parabola for the late phase swallows a slow
/// early decline; a third phase splits any rounded decline. The prices: of two breaks the stronger one is returned, and an evenly bent
/// curve counts as two phases.
/// </para>
/// </remarks>
/// <param name="Layer">First layer of the late phase.</param>
/// <param name="Joined">Whether the two lines meet.</param>
/// <param name="Evidence">How much lower the criterion of two phases is than that of one.</param>
public readonly record struct ChangePoint(int Layer, bool Joined, double Evidence)
{
    /// <summary>
    /// Of a decoder in which a change can be told: two lines and a break take six observations, and neither the first layer (its output
    /// mostly holds the token itself) nor the last (0 or 1 by construction) is one.
    /// </summary>
    public const int MinimumLayers = 8;

    /// <summary>
    /// Least <see cref="Evidence"/> for a transition: "strong" on the scale of Kass and Raftery (Journal of the American Statistical
    /// Association 90, 1995, section 3.2).
    /// </summary>
    public const double StrongEvidence = 6;

    /// <summary>A line needs two points; and a late phase of two layers besides the last is the least that a cut can replace.</summary>
    const int ShortestPhase = 2;

    /// <summary>Residuals below this share of the curve's range are not told from 0.</summary>
    const double Resolution = 0.01;

    /// <summary>Weights and variances of joined lines depend on each other; after so many rounds they stand still.</summary>
    const int Rounds = 4;

    public bool IsVisible => Evidence >= StrongEvidence;

    /// <param name="mean">Mean over the samples, all layers; finite.</param>
    /// <param name="errors">Squared standard error of each mean, as long; zeros where there is one sample.</param>
    /// <returns>Null where the curve between its first and its last layer is constant.</returns>
    public static ChangePoint? Locate(ReadOnlySpan<double> mean, ReadOnlySpan<double> errors)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(mean.Length, MinimumLayers);
        ArgumentOutOfRangeException.ThrowIfNotEqual(errors.Length, mean.Length);
        var curve = Curve.Of(mean[1..^1], errors[1..^1]);
        if (curve is null) return null;
        // Criteria count parameters beyond those of one line with two variances and the place where these change.
        var parameter = Math.Log(curve.Count);
        var one = curve.Line() - 2 * parameter;
        ChangePoint best = new(0, false, double.PositiveInfinity);
        for (var late = ShortestPhase; late <= curve.Count - ShortestPhase; late++)
        {
            one = Math.Min(one, curve.LineWithTwoVariances(late));
            var (free, joined) = (curve.FreeLines(late) + 2 * parameter, curve.JoinedLines(late) + parameter);
            var criterion = Math.Min(free, joined);
            if (criterion < best.Evidence) best = new ChangePoint(late + 1, joined <= free, criterion);
        }
        return best with { Evidence = one - best.Evidence };
    }

    /// <summary>
    /// A curve of range 1 around 0 with prefix sums, so that every fit takes constant time. Costs are −2 ln likelihood + constant.
    /// </summary>
    sealed class Curve
    {
        readonly double[] _y, _iy, _yy, _errors;

        Curve(int count)
        {
            Count = count;
            (_y, _iy) = (new double[count + 1], new double[count + 1]);
            (_yy, _errors) = (new double[count + 1], new double[count + 1]);
        }

        public int Count { get; }

        public static Curve? Of(ReadOnlySpan<double> mean, ReadOnlySpan<double> errors)
        {
            var (low, high, sum) = (double.PositiveInfinity, double.NegativeInfinity, 0.0);
            foreach (var value in mean) (low, high, sum) = (Math.Min(low, value), Math.Max(high, value), sum + value);
            var range = high - low;
            // What rounding leaves of a constant.
            if (range <= 1e-12 * Math.Max(Math.Abs(low), Math.Abs(high))) return null;
            var centre = sum / mean.Length;
            var curve = new Curve(mean.Length);
            for (var i = 0; i < mean.Length; i++)
            {
                var y = (mean[i] - centre) / range;
                curve._y[i + 1] = curve._y[i] + y;
                curve._iy[i + 1] = curve._iy[i] + i * y;
                curve._yy[i + 1] = curve._yy[i] + y * y;
                curve._errors[i + 1] = curve._errors[i] + errors[i] / (range * range);
            }
            return curve;
        }

        public double Line() => Cost(0, Count, Deviations(0, Count));

        public double FreeLines(int late) => Cost(0, late, Deviations(0, late)) + Cost(late, Count, Deviations(late, Count));

        /// <summary>Two lines through one value in the last early layer.</summary>
        public double JoinedLines(int late)
        {
            var (early, rest) = (Sums.Of(this, 0, late, late - 1), Sums.Of(this, late, Count, late - 1));
            double earlyWeight = 1, restWeight = 1, cost = 0;
            for (var round = 0; round < Rounds; round++)
            {
                var joint = (earlyWeight * early.WithoutSlope.Y + restWeight * rest.WithoutSlope.Y)
                    / (earlyWeight * early.WithoutSlope.Count + restWeight * rest.WithoutSlope.Count);
                var earlyVariance = Variance(0, late, early.Deviations(joint, early.Slope(joint)));
                var restVariance = Variance(late, Count, rest.Deviations(joint, rest.Slope(joint)));
                (earlyWeight, restWeight) = (1 / earlyVariance, 1 / restVariance);
                cost = late * Math.Log(earlyVariance) + (Count - late) * Math.Log(restVariance);
            }
            return cost;
        }

        public double LineWithTwoVariances(int late)
        {
            var (early, rest) = (Sums.Of(this, 0, late, 0), Sums.Of(this, late, Count, 0));
            double earlyWeight = 1, restWeight = 1, cost = 0;
            for (var round = 0; round < Rounds; round++)
            {
                var all = early.Times(earlyWeight).Plus(rest.Times(restWeight));
                var slope = (all.Count * all.Ty - all.T * all.Y) / (all.Count * all.Tt - all.T * all.T);
                var level = (all.Y - slope * all.T) / all.Count;
                var earlyVariance = Variance(0, late, early.Deviations(level, slope));
                var restVariance = Variance(late, Count, rest.Deviations(level, slope));
                (earlyWeight, restWeight) = (1 / earlyVariance, 1 / restVariance);
                cost = late * Math.Log(earlyVariance) + (Count - late) * Math.Log(restVariance);
            }
            return cost;
        }

        /// <summary>Sum of squared deviations of a stretch from its own line.</summary>
        double Deviations(int from, int to)
        {
            var sums = Sums.Of(this, from, to, from);
            var level = sums.Y / sums.Count;
            var slope = (sums.Ty - sums.T * level) / (sums.Tt - sums.T * sums.T / sums.Count);
            return sums.Deviations(level - slope * sums.T / sums.Count, slope);
        }

        double Cost(int from, int to, double deviations) => (to - from) * Math.Log(Variance(from, to, deviations));

        double Variance(int from, int to, double deviations) =>
            Math.Max(0, deviations) / (to - from) + (_errors[to] - _errors[from]) / (to - from) + Resolution * Resolution;

        /// <summary>Sums over a stretch: of t, the index counted from an origin, of y, and of their products.</summary>
        readonly record struct Sums(double Count, double T, double Tt, double Y, double Ty, double Yy)
        {
            public static Sums Of(Curve curve, int from, int to, int origin)
            {
                double count = to - from, first = from - origin, last = to - 1 - origin;
                var y = curve._y[to] - curve._y[from];
                return new Sums(
                    count, count * (first + last) / 2, SquaresTo(last) - SquaresTo(first - 1), y,
                    curve._iy[to] - curve._iy[from] - origin * y,
                    curve._yy[to] - curve._yy[from]);
            }

            /// <summary>Level and its weight once the best slope for it is put in.</summary>
            public (double Y, double Count) WithoutSlope => (Y - T * Ty / Tt, Count - T * T / Tt);

            public double Slope(double level) => (Ty - level * T) / Tt;

            public double Deviations(double level, double slope) =>
                Yy - 2 * level * Y - 2 * slope * Ty + level * level * Count + 2 * level * slope * T + slope * slope * Tt;

            public Sums Times(double weight) => new(weight * Count, weight * T, weight * Tt, weight * Y, weight * Ty, weight * Yy);

            public Sums Plus(Sums other) =>
                new(Count + other.Count, T + other.T, Tt + other.Tt, Y + other.Y, Ty + other.Ty, Yy + other.Yy);

            /// <summary>1² + 2² + … + n²; as a polynomial it also holds the differences for negative n.</summary>
            static double SquaresTo(double n) => n * (n + 1) * (2 * n + 1) / 6;
        }
    }
}
