using System.Globalization;
using Grafting.Core;

namespace Grafting.Surrogates.Planning;

/// <summary>How fast a device trains.</summary>
/// <param name="FlopsPerSecond">Useful operations, as <see cref="ComputeNeed"/> counts them.</param>
/// <param name="Source">In words, where the number comes from.</param>
public sealed record Speed(double FlopsPerSecond, string Source)
{
    /// <param name="utilisation">Fraction of the peak that training reaches: an assumption, not a measurement.</param>
    public static Speed Of(Accelerator device, double utilisation)
    {
        Fault.IfOutside(utilisation, 0.001, 1, "--utilisation");
        return new(device.PeakFlops * utilisation, string.Create(
            CultureInfo.InvariantCulture,
            $"{device.Product}: {device.PeakFlops / 1e12:0.#} TFLOP/s in its data sheet, {utilisation:0.##} of it assumed to be reached"));
    }

    public double Hours(double flops) => flops / FlopsPerSecond / 3600;
}
