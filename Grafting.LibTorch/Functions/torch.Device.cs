using System.Globalization;

namespace TorchSharp;

/// <summary>Kinds of devices, with libtorch's numbers.</summary>
public enum DeviceType
{
    CPU = 0,
    CUDA = 1,
    MKLDNN = 2,
    OPENGL = 3,
    OPENCL = 4,
    IDEEP = 5,
    HIP = 6,
    FPGA = 7,
    MSNPU = 8,
    XLA = 9,
    MPS = 13,
    META = 14,
}

public static partial class torch
{
    /// <summary>Where a tensor lies: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>. Index -1 is the current one.</summary>
    public class Device
    {
        public Device(string description)
        {
            var parts = description.Split(':');
            if (parts.Length > 2) throw new ArgumentException($"'{description}' is no device; one looks like cpu or cuda:0.");
            type = Parse(parts[0]);
            if (parts.Length == 2) index = int.Parse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture);
        }

        public Device(string deviceType, int index = -1) : this(Parse(deviceType), index) { }

        public Device(DeviceType deviceType, int index = -1)
        {
            type = deviceType;
            this.index = index;
        }

        public Device(int index) : this(DeviceType.CUDA, index) { }

        public DeviceType type { get; private set; } = DeviceType.CPU;

        public int index { get; private set; } = -1;

        public static implicit operator Device(string description) => new(description);

        public override string ToString() =>
            type == DeviceType.CPU ? "cpu" : index < 0 ? Name : string.Create(CultureInfo.InvariantCulture, $"{Name}:{index}");

        string Name => type.ToString().ToLowerInvariant();

        static DeviceType Parse(string name) =>
            Enum.TryParse<DeviceType>(name, ignoreCase: true, out var type) && !char.IsAsciiDigit(name[0])
                ? type
                : throw new ArgumentException(
                    $"'{name}' is no kind of device; there are {string.Join(", ", Enum.GetNames<DeviceType>())}.");
    }

    public static readonly Device CPU = new(DeviceType.CPU, -1);

    public static readonly Device META = new(DeviceType.META, -1);

    public static Device CUDA => InitializeDevice(new Device(DeviceType.CUDA, -1));

    public static Device device(string description) => InitializeDevice(new Device(description));

    public static Device device(string deviceType, int index = -1) => InitializeDevice(new Device(deviceType, index));

    public static Device device(DeviceType deviceType, int index = -1) => InitializeDevice(new Device(deviceType, index));

    public static Device device(int index) => new(DeviceType.CUDA, index);

    public static bool TryInitializeDeviceType(DeviceType deviceType) =>
        deviceType switch { DeviceType.CUDA => cuda.is_available(), DeviceType.MPS => false, _ => true };

    /// <exception cref="InvalidOperationException">When there is no such device.</exception>
    public static void InitializeDeviceType(DeviceType deviceType)
    {
        if (!TryInitializeDeviceType(deviceType))
        {
            throw new InvalidOperationException(
                $"There is no {deviceType} device that {Grafting.LibTorch.NativeLibrary.TorchPath} can use.");
        }
    }

    public static Device InitializeDevice(Device? device)
    {
        device ??= CPU;
        InitializeDeviceType(device.type);
        return device;
    }

    /// <summary>NVIDIA devices.</summary>
    public static partial class cuda
    {
        public static bool is_available() => graft_cuda_is_available() != 0;

        public static int device_count() => graft_cuda_device_count();

        public static void synchronize(Device? device = null) => Done(graft_cuda_synchronize(device?.index ?? -1));

    }

    public static bool cuda_is_available() => cuda.is_available();
}
