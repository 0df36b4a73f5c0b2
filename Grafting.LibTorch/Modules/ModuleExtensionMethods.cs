using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Conversions that keep the type of the module.</summary>
public static class ModuleExtensionMethods
{
    public static T to<T>(this T module, ScalarType type, bool non_blocking = false) where T : nn.Module => Converted(module, type, null);

    public static T to<T>(this T module, Device device, ScalarType type, bool non_blocking = false) where T : nn.Module =>
        Converted(module, type, device);

    public static T to<T>(this T module, DeviceType deviceType, int deviceIndex = -1, bool non_blocking = false) where T : nn.Module =>
        Converted(module, null, new Device(deviceType, deviceIndex));

    public static T to<T>(this T module, Device device, bool non_blocking = false) where T : nn.Module => Converted(module, null, device);

    public static T cpu<T>(this T module, bool non_blocking = false) where T : nn.Module => Converted(module, null, CPU);

    public static T cuda<T>(this T module, int deviceIndex = -1, bool non_blocking = false) where T : nn.Module =>
        Converted(module, null, new Device(DeviceType.CUDA, deviceIndex));

    public static T bfloat16<T>(this T module, bool non_blocking = false) where T : nn.Module =>
        Converted(module, ScalarType.BFloat16, null);

    public static T @float<T>(this T module, bool non_blocking = false) where T : nn.Module =>
        Converted(module, ScalarType.Float32, null);

    public static T @double<T>(this T module, bool non_blocking = false) where T : nn.Module =>
        Converted(module, ScalarType.Float64, null);

    static T Converted<T>(T module, ScalarType? dtype, Device? device) where T : nn.Module
    {
        module.Convert(dtype, device);
        return module;
    }
}
