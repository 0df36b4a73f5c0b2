using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>Which element types a device calculates in.</summary>
public static class ComputeType
{
    /// <summary>Asks the device for a small product: what libtorch's kernels cover differs by version.</summary>
    /// <exception cref="GraftException">Of kind Usage when the device has no matrix product in this type.</exception>
    public static void Require(Device device, ScalarType dtype)
    {
        // Every libtorch has these on every device.
        if (dtype is ScalarType.Float32 or ScalarType.Float64) return;
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        try
        {
            var x = ones([2, 2], dtype, device);
            nn.functional.linear(x, x);
        }
        catch (ExternalException error)
        {
            throw Fault.Usage(
                $"--dtype is {TensorLoading.HuggingFaceName(dtype)}, in which this libtorch does not calculate on {device.type}: {error.Message.Split('\n')[0]}",
                "Use --dtype bfloat16, which takes the same memory, or float32.");
        }
    }
}
