using System.Globalization;

namespace Grafting.Core.Health.Energy;

/// <summary>
/// Energy of processor packages from Linux's powercap interface (<c>Documentation/power/powercap/powercap.rst</c>): RAPL of Intel and AMD.
/// Zones inside a package (cores, memory) and <c>psys</c>, which is the whole board, would count the same energy twice and are left out.
/// </summary>
public static class Rapl
{
    public const string Folder = "/sys/class/powercap";
    const double Micro = 1e-6;

    /// <param name="folder">Where the zones are.</param>
    public static EnergyMeter Meter(string folder)
    {
        if (!Directory.Exists(folder)) return new EnergyMeter([], "this system has no energy counters of the processor (powercap)");
        EnergyCounter[] counters =
        [
            .. from zone in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal)
               let name = Text(Path.Combine(zone, "name"))
               where name?.StartsWith("package", StringComparison.Ordinal) == true
               select new EnergyCounter(
                   $"{name} (RAPL)",
                   () => Number(Path.Combine(zone, "energy_uj")) * Micro,
                   Number(Path.Combine(zone, "max_energy_range_uj")) * Micro),
        ];
        return new EnergyMeter(counters, "this system has no energy counter of a processor package (powercap)");
    }

    static double? Number(string path) =>
        double.TryParse(Text(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Null where the file is absent or, as energy usually is, for the administrator alone.</summary>
    static string? Text(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // the meter then says that it cannot be read
        }
    }
}
