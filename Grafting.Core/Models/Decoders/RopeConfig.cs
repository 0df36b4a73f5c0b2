using System.Numerics;

namespace Grafting.Core.Models.Decoders;

/// <summary>How the rotary frequencies are stretched beyond the context of the original training.</summary>
public enum RopeScaling
{
    None,

    /// <summary>All frequencies divided by the factor.</summary>
    Linear,

    /// <summary>The base grows with the sequence once that is longer than the original context ("NTK-aware").</summary>
    Dynamic,

    /// <summary>Llama 3.1: long wavelengths divided by the factor, short ones kept, a smooth passage between.</summary>
    Llama3,

    /// <summary>
    /// YaRN: features that turn slowly divided by the factor, fast ones kept, a linear ramp between, and larger cosines and sines.
    /// </summary>
    Yarn,
}

/// <summary>Rotary position embedding.</summary>
/// <param name="Theta">Base of the frequencies.</param>
/// <param name="LowFrequencyFactor">Llama 3: wavelengths above original positions / this are scaled fully.</param>
/// <param name="HighFrequencyFactor">Llama 3: wavelengths below original positions / this are not scaled.</param>
/// <param name="OriginalPositions">Dynamic, Llama 3, YaRN: context length before the stretching.</param>
public sealed record RopeConfig(
    double Theta = 10_000,
    RopeScaling Scaling = RopeScaling.None,
    double Factor = 1,
    double LowFrequencyFactor = 0,
    double HighFrequencyFactor = 0,
    double OriginalPositions = 0)
{
    /// <summary>YaRN: features that turn more often than this over the original context are kept.</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>YaRN: features that turn less often than this over the original context are divided fully.</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>YaRN: whether the ends of the ramp are whole features.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>YaRN: what cosines and sines are multiplied by; 1 for the others.</summary>
    public double AngleFactor { get; init; } = 1;

    public RopeConfig Validate()
    {
        Fault.IfOutside(Theta, 1, 1e12);
        Fault.IfOutside(Factor, 1e-3, 1e6);
        if (Scaling is RopeScaling.None or RopeScaling.Linear) return this;
        Fault.IfOutside(OriginalPositions, 1, int.MaxValue);
        if (Scaling == RopeScaling.Yarn)
        {
            // At 1 the logarithm that places the ramp has no meaning.
            Fault.IfOutside(Theta, 1.001, 1e12);
            Fault.IfOutside(BetaFast, 1e-3, 1e6);
            Fault.IfOutside(BetaSlow, 1e-3, BetaFast);
            Fault.IfOutside(AngleFactor, 1e-3, 1e3);
        }
        if (Scaling != RopeScaling.Llama3) return this;
        Fault.IfOutside(LowFrequencyFactor, 1e-3, 1e6);
        Fault.IfOutside(HighFrequencyFactor, 1e-3, 1e6);
        if (HighFrequencyFactor <= LowFrequencyFactor)
            throw Fault.Usage($"high_freq_factor is {HighFrequencyFactor}; it must be above low_freq_factor, {LowFrequencyFactor}.");
        return this;
    }

    /// <summary>
    /// One float32 frequency per pair of features, rounded at the same places as the reference
    /// (transformers <c>modeling_rope_utils.py</c>), which works in float32.
    /// </summary>
    /// <param name="positions">Positions of the sequence at hand; only dynamic scaling asks.</param>
    public float[] InverseFrequencies(int headWidth, long positions = 0) => InverseFrequencies<float>(headWidth, positions);

    /// <summary>The same in another arithmetic: a model in float64 has its angles in float64 too.</summary>
    /// <inheritdoc cref="InverseFrequencies(int, long)"/>
    internal T[] InverseFrequencies<T>(int headWidth, long positions = 0)
        where T : IFloatingPointIeee754<T>
    {
        var (theta, factor) = (T.CreateChecked(Theta), T.CreateChecked(Factor));
        if (Scaling == RopeScaling.Dynamic && positions > OriginalPositions)
        {
            var growth = (factor * T.CreateChecked(positions) / T.CreateChecked(OriginalPositions)) - (factor - T.One);
            theta *= T.Pow(growth, T.CreateChecked(headWidth / (headWidth - 2.0)));
        }
        var powers = Enumerable.Range(0, headWidth / 2).Select(i => T.Pow(theta, T.CreateChecked(2 * i) / T.CreateChecked(headWidth)));
        if (Scaling != RopeScaling.Yarn) return [.. powers.Select(power => Stretch(T.One / power))];
        var (low, high) = Ramp(headWidth);
        var (start, width) = (T.CreateChecked(low), T.CreateChecked(high) - T.CreateChecked(low));
        return [.. powers.Select((power, i) =>
        {
            var kept = T.One - T.Clamp((T.CreateChecked(i) - start) / width, T.Zero, T.One);
            return (T.One / (factor * power) * (T.One - kept)) + (T.One / power * kept);
        })];
    }

    T Stretch<T>(T frequency)
        where T : IFloatingPointIeee754<T>
    {
        var factor = T.CreateChecked(Factor);
        if (Scaling == RopeScaling.Linear) return frequency / factor;
        if (Scaling != RopeScaling.Llama3) return frequency;
        var original = T.CreateChecked(OriginalPositions);
        var (low, high) = (T.CreateChecked(LowFrequencyFactor), T.CreateChecked(HighFrequencyFactor));
        var wavelength = T.CreateChecked(2) * T.Pi / frequency;
        if (wavelength > original / low) return frequency / factor;
        if (wavelength < original / high) return frequency;
        var smooth = (original / wavelength - low) / (high - low);
        return (T.One - smooth) * (frequency / factor) + smooth * frequency;
    }

    /// <summary>YaRN: between which pairs of features the passage lies.</summary>
    (double Low, double High) Ramp(int headWidth)
    {
        double PairTurning(double times) => headWidth * Math.Log(OriginalPositions / (times * 2 * Math.PI)) / (2 * Math.Log(Theta));
        var (low, high) = (PairTurning(BetaFast), PairTurning(BetaSlow));
        if (Truncate) (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, headWidth - 1));
        return (low, low == high ? high + 0.001 : high);
    }
}
