using System.Globalization;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Grafting.Core.Health.Energy;

/// <summary>
/// NVIDIA's management library, which comes with the driver: total energy since the driver was loaded (from Volta on), and memory in use.
/// Signatures from <c>nvml.h</c>.
/// </summary>
static partial class Nvml
{
    const string Library = "libnvidia-ml.so.1";
    const int Success = 0;
    const double Milli = 1e-3;

    public static EnergyMeter Meter(Device device)
    {
        if (Find(device, out var why) is not { } handle) return new EnergyMeter([], why);
        return new EnergyMeter([new EnergyCounter($"{device} (NVML)", Joules)], "");

        double? Joules()
        {
            try
            {
                return TotalEnergy(handle, out var millijoules) == Success ? millijoules * Milli : null;
            }
            catch (EntryPointNotFoundException)
            {
                return null; // a driver from before Volta; the meter then says that it cannot be read
            }
        }
    }

    /// <summary>Bytes in use on a device, by every process; null where it does not tell.</summary>
    public static Func<long?> UsedMemory(Device device) => Find(device, out _) is { } handle
        ? () => MemoryInfo(handle, out var memory) == Success ? (long)memory.Used : null
        : () => null;

    /// <summary>The library counts all cards in the order of the bus; CUDA only those that it was given.</summary>
    static nint? Find(Device device, out string why)
    {
        try
        {
            why = $"{Library} could not be started";
            if (Init() != Success || DeviceCount(out var count) != Success) return null;
            var visible = (Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES") ?? "")
                .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var index = Math.Max(0, device.index);
            nint handle;
            if (index < visible.Length && visible[index].StartsWith("GPU-", StringComparison.Ordinal))
            {
                why = $"{Library} does not know the card {visible[index]}";
                return HandleByUuid(visible[index], out handle) == Success ? handle : null;
            }
            var byBus = Environment.GetEnvironmentVariable("CUDA_DEVICE_ORDER") == "PCI_BUS_ID";
            if (count > 1 && !byBus)
            {
                why = $"which of {count} cards {device} is depends on CUDA's order; CUDA_DEVICE_ORDER=PCI_BUS_ID settles it";
                return null;
            }
            why = $"{Library} does not know the card of {device}";
            if (index < visible.Length && !int.TryParse(visible[index], NumberStyles.None, CultureInfo.InvariantCulture, out index))
                return null;
            return HandleByIndex((uint)(count == 1 ? 0 : index), out handle) == Success ? handle : null;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            why = $"{Library} is not there or too old";
            return null;
        }
    }

    [LibraryImport(Library, EntryPoint = "nvmlInit_v2")]
    private static partial int Init();

    [LibraryImport(Library, EntryPoint = "nvmlDeviceGetCount_v2")]
    private static partial int DeviceCount(out uint count);

    [LibraryImport(Library, EntryPoint = "nvmlDeviceGetHandleByIndex_v2")]
    private static partial int HandleByIndex(uint index, out nint device);

    [LibraryImport(Library, EntryPoint = "nvmlDeviceGetHandleByUUID", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int HandleByUuid(string uuid, out nint device);

    [LibraryImport(Library, EntryPoint = "nvmlDeviceGetTotalEnergyConsumption")]
    private static partial int TotalEnergy(nint device, out ulong millijoules);

    [LibraryImport(Library, EntryPoint = "nvmlDeviceGetMemoryInfo")]
    private static partial int MemoryInfo(nint device, out Memory memory);

    [StructLayout(LayoutKind.Sequential)]
    readonly struct Memory
    {
        public readonly ulong Total, Free, Used;
    }
}
