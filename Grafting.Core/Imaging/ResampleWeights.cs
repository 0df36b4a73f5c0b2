namespace Grafting.Core.Imaging;

/// <summary>
/// For every output position along one axis: the first input position it reads and its weights, in 22-bit fixed point.
/// </summary>
/// <remarks>
/// The arithmetic follows Pillow (<c>src/libImaging/Resample.c</c>) operation by operation, because a different order of rounding
/// shows in the pixels: when shrinking, the filter is stretched by the reduction factor; weights are normalised to a sum of one in
/// double precision and then rounded half away from zero.
/// </remarks>
sealed class ResampleWeights
{
    /// <summary>8 bits of pixel and two guard bits: weights may be negative, and a sum of them exceed one.</summary>
    public const int FractionBits = 32 - 8 - 2;

    /// <summary>One half, so that dropping the fraction rounds.</summary>
    public const int Half = 1 << (FractionBits - 1);

    readonly int[] _weights;
    readonly int _stride;

    readonly int[] _counts;

    ResampleWeights(int[] starts, int[] counts, int[] weights, int stride) =>
        (Starts, _counts, _weights, _stride) = (starts, counts, weights, stride);

    /// <summary>First input position of each output position.</summary>
    public int[] Starts { get; }

    public int Count => Starts.Length;

    /// <summary>The weights of an output position, from its first input position on.</summary>
    public ReadOnlySpan<int> At(int output) => _weights.AsSpan(output * _stride, _counts[output]);

    /// <summary>As <see cref="At"/>, with a weight of 0 behind an odd number of them.</summary>
    public ReadOnlySpan<int> InPairs(int output) => _weights.AsSpan(output * _stride, _counts[output] + 1 & ~1);

    /// <summary>The largest number of weights that an output position has.</summary>
    public int MostTaps => _stride;

    /// <summary>All input positions that are read: [First, End).</summary>
    public (int First, int End) Reach => (Starts.Min(), Starts.Zip(_counts, (start, count) => start + count).Max());

    /// <summary>The output positions that read any of the input positions [first, end), as [From, To).</summary>
    public (int From, int To) Reading(int first, int end)
    {
        int from = 0, to = Count;
        while (from < to && Starts[from] + _counts[from] <= first) from++;
        while (to > from && Starts[to - 1] >= end) to--;
        return (from, to);
    }

    /// <param name="from">First output position wanted.</param>
    /// <param name="wanted">How many of the <paramref name="outputSize"/> positions are wanted.</param>
    public static ResampleWeights Create(int inputSize, int outputSize, ResampleFilter filter, int from, int wanted)
    {
        if (inputSize == outputSize) return Single([.. Enumerable.Range(from, wanted)]);
        if (filter == ResampleFilter.Nearest) return Single(NearestPositions(inputSize, outputSize, from, wanted));
        var (kernel, radius) = Kernel(filter);
        double scale = (double)inputSize / outputSize;
        double stretch = Math.Max(scale, 1.0);
        double support = radius * stretch;
        double inverse = 1.0 / stretch;
        // Even, and one more than can be needed.
        int stride = (int)Math.Ceiling(support) * 2 + 2;

        var starts = new int[wanted];
        var counts = new int[wanted];
        var weights = new int[checked(wanted * stride)];
        var exact = new double[stride];
        for (int output = 0; output < wanted; output++)
        {
            double center = (from + output + 0.5) * scale;
            int start = Math.Max((int)(center - support + 0.5), 0);
            int count = Math.Min((int)(center + support + 0.5), inputSize) - start;
            double sum = 0;
            for (int tap = 0; tap < count; tap++)
            {
                exact[tap] = kernel((tap + start - center + 0.5) * inverse);
                sum += exact[tap];
            }
            for (int tap = 0; tap < count; tap++)
                weights[output * stride + tap] = ToFixedPoint(sum != 0 ? exact[tap] / sum : exact[tap]);
            (starts[output], counts[output]) = (start, count);
        }
        return new ResampleWeights(starts, counts, weights, stride);
    }

    /// <summary>One input position per output position, taken as it is.</summary>
    static ResampleWeights Single(int[] positions)
    {
        var ones = new int[positions.Length];
        Array.Fill(ones, 1);
        var weights = new int[2 * positions.Length];
        for (int i = 0; i < weights.Length; i += 2) weights[i] = 1 << FractionBits;
        return new ResampleWeights(positions, ones, weights, 2);
    }

    /// <summary>Pillow walks with a running sum rather than a product; that decides which pixel wins on exact ties.</summary>
    static int[] NearestPositions(int inputSize, int outputSize, int from, int wanted)
    {
        double step = (double)inputSize / outputSize;
        double position = step * 0.5;
        for (int i = 0; i < from; i++) position += step;
        var positions = new int[wanted];
        for (int i = 0; i < wanted; i++, position += step) positions[i] = Math.Min((int)position, inputSize - 1);
        return positions;
    }

    static int ToFixedPoint(double weight) =>
        weight < 0 ? (int)(-0.5 + weight * (1 << FractionBits)) : (int)(0.5 + weight * (1 << FractionBits));

    static (Func<double, double> Kernel, double Radius) Kernel(ResampleFilter filter) => filter switch
    {
        ResampleFilter.Box => (x => x is > -0.5 and <= 0.5 ? 1.0 : 0.0, 0.5),
        ResampleFilter.Bilinear => (x => Math.Max(1.0 - Math.Abs(x), 0.0), 1.0),
        ResampleFilter.Hamming => (Hamming, 1.0),
        ResampleFilter.Bicubic => (Bicubic, 2.0),
        ResampleFilter.Lanczos => (x => x is >= -3.0 and < 3.0 ? Sinc(x) * Sinc(x / 3) : 0.0, 3.0),
        _ => Fault.Unreachable<(Func<double, double>, double)>(filter),
    };

    static double Hamming(double x)
    {
        x = Math.Abs(x);
        if (x == 0) return 1.0;
        if (x >= 1) return 0.0;
        x *= Math.PI;
        // The two constants are single precision in Pillow.
        return Math.Sin(x) / x * (0.54f + 0.46f * Math.Cos(x));
    }

    /// <summary>Cubic convolution with a = -0.5.</summary>
    static double Bicubic(double x)
    {
        const double a = -0.5;
        x = Math.Abs(x);
        if (x < 1) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
        if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
        return 0.0;
    }

    static double Sinc(double x)
    {
        if (x == 0) return 1.0;
        x *= Math.PI;
        return Math.Sin(x) / x;
    }
}
