using Grafting.Core.Numerics;
using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>Which element types a device calculates in.</summary>
public static class ComputeType
{
    /// <summary>Asks the device for a small product.</summary>
    /// <exception cref="GraftException">Of kind Usage when the device has no matrix product in this type.</exception>
    public static void Require(Device device, ScalarType dtype)
    {
        // Every libtorch has these on every device.
        if (dtype is ScalarType.Float32 or ScalarType.Float64) return;
        if (MatrixProduct.Fault(device, dtype) is not { } fault) return;
        throw Fault.Usage(
            $"--dtype is {TensorLoading.HuggingFaceName(dtype)}, in which this libtorch does not calculate on {device.type}: {fault}",
            "Use --dtype bfloat16, which takes the same memory, or float32.");
    }
}
