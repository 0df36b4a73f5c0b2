using System.Globalization;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Grafting.Core.Numerics;

/// <summary>Tries a small product of matrices: which types libtorch's kernels cover on a device differs by version.</summary>
static class MatrixProduct
{
    /// <summary>Null when the product comes out right, else what went wrong, in one line.</summary>
    public static string? Fault(Device device, ScalarType dtype)
    {
        const int n = 8;
        try
        {
            using var scope = NewDisposeScope();
            var x = ones(n, n, dtype: dtype, device: device);
            // mm, because TorchSharp's matmul lets an error end the process.
            var sum = x.mm(x).to(ScalarType.Float32).sum().cpu().item<float>();
            return sum == n * n * n ? null : string.Create(CultureInfo.InvariantCulture, $"a sum came out as {sum} instead of {n * n * n}");
        }
        catch (Exception e) when (e is ExternalException or NotSupportedException or ArgumentException)
        {
            return e.Message.Split('\n')[0];
        }
    }
}
