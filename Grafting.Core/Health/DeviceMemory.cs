using Grafting.Core.Health.Energy;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Health;

/// <summary>
/// The most memory that was seen in use on a device beside the processor, by all processes together; looks only when told to.
/// </summary>
public sealed class DeviceMemory(Device device)
{
    readonly Func<long?> _used = device.type == DeviceType.CUDA ? Nvml.UsedMemory(device) : () => null;

    /// <summary>Bytes; null for the processor, and where the device does not tell.</summary>
    public long? Peak { get; private set; }

    public void Sample()
    {
        if (_used() is { } bytes) Peak = Math.Max(bytes, Peak ?? 0);
    }
}
