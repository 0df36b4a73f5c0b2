using System.Globalization;
using System.Text.RegularExpressions;

namespace Grafting.Core.Health;

/// <summary>Cores and memory, as the process may use them.</summary>
public static partial class MachineProbe
{
    const string MemInfo = "/proc/meminfo";
    const string ContainerLimit = "/sys/fs/cgroup/memory.max";
    const string ContainerUse = "/sys/fs/cgroup/memory.current";

    public static MachineDiagnosis Examine(int? threads)
    {
        var (total, free) = Memory();
        return new MachineDiagnosis(Environment.ProcessorCount, threads, total, free);
    }

    public static Place Folder(string name, string path)
    {
        var existing = path;
        while (existing is not null && !Directory.Exists(existing)) existing = Path.GetDirectoryName(existing);
        long? free = null;
        try
        {
            if (existing is not null) free = new DriveInfo(existing).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // a disk that does not tell; Place.FreeBytes is null then
        }

        return new Place(name, path, Directory.Exists(path), free);
    }

    static (long Total, long Free) Memory()
    {
        if (!File.Exists(MemInfo))
        {
            var info = GC.GetGCMemoryInfo();
            return (info.TotalAvailableMemoryBytes, Math.Max(0, info.TotalAvailableMemoryBytes - info.MemoryLoadBytes));
        }

        var text = File.ReadAllText(MemInfo);
        var (total, free) = (Kilobytes("MemTotal") * 1024, Kilobytes("MemAvailable") * 1024);
        if (Number(ContainerLimit) is { } limit && limit < total)
        {
            (total, free) = (limit, Math.Min(free, limit - (Number(ContainerUse) ?? 0)));
        }

        return (total, Math.Max(0, free));

        long Kilobytes(string name) => long.Parse(
            Regex.Match(text, $@"^{name}:\s+(\d+) kB", RegexOptions.Multiline).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>Null where the file is absent or says "max".</summary>
    static long? Number(string path) =>
        File.Exists(path) && long.TryParse(File.ReadAllText(path), NumberStyles.Any, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
