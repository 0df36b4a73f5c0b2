using Grafting.Core;

namespace Grafting.Surrogates.Planning;

/// <summary>A device as its vendor's public data sheet states it.</summary>
/// <param name="Memory">Bytes; the data sheet's gigabytes read as 10^9.</param>
/// <param name="PeakFlops">Dense bfloat16 with float32 accumulation, per second.</param>
public sealed record Accelerator(string Name, string Product, long Memory, double PeakFlops);

/// <summary>Devices that a plan can be made for.</summary>
public static class Accelerators
{
    const long Gigabyte = 1_000_000_000;
    const double Tera = 1e12;

    public static IReadOnlyList<Accelerator> All { get; } =
    [
        new("a100-40gb", "NVIDIA A100 40 GB", 40 * Gigabyte, 312 * Tera),
        new("a100-80gb", "NVIDIA A100 80 GB", 80 * Gigabyte, 312 * Tera),
        new("h100", "NVIDIA H100 SXM", 80 * Gigabyte, 989 * Tera),
        new("h100-pcie", "NVIDIA H100 PCIe", 80 * Gigabyte, 756 * Tera),
        new("h200", "NVIDIA H200 SXM", 141 * Gigabyte, 989 * Tera),
        new("l40s", "NVIDIA L40S", 48 * Gigabyte, 362 * Tera),
        new("rtx3090", "NVIDIA GeForce RTX 3090", 24 * Gigabyte, 71 * Tera),
        new("rtx4090", "NVIDIA GeForce RTX 4090", 24 * Gigabyte, 165.2 * Tera),
    ];

    /// <exception cref="GraftException">Usage, with the known names.</exception>
    public static Accelerator Find(string name) =>
        All.FirstOrDefault(device => device.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? throw Fault.Usage(
            $"--device is {Printable.Quote(name)}, which is not in the list of data sheets.",
            $"Known are {string.Join(", ", All.Select(device => device.Name))}; for this machine use --calibrate.");
}
