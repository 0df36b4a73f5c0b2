using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Health;

/// <summary>How fast a device multiplies square matrices: what training is measured against.</summary>
/// <param name="FlopsPerSecond">Of the fastest product; a multiplication with an addition counts as two.</param>
/// <param name="Size">Rows of the matrices of that product.</param>
/// <param name="Threads">On a CPU, those that took part; 0 elsewhere.</param>
public sealed record MatrixRate(double FlopsPerSecond, int Size, int Threads)
{
    static readonly TimeSpan Budget = TimeSpan.FromSeconds(0.3);
    const int Smallest = 256, LargestOnCpu = 2048, Largest = 4096, Repetitions = 4;

    /// <summary>
    /// Times products of growing sizes, the first of each not counted, until a third of a second is used, and takes the fastest. Draws no
    /// random numbers and changes no setting, so a training that follows is what it would have been.
    /// </summary>
    public static MatrixRate Measure(Device device, ScalarType type)
    {
        // The first product of a process also loads libraries.
        using (NewDisposeScope()) Time(Numbers(Smallest, device, type));
        var clock = Stopwatch.StartNew();
        var (best, bestSize) = (0.0, Smallest);
        var last = device.type == DeviceType.CPU ? LargestOnCpu : Largest;
        for (var size = Smallest; size <= last; size *= 2)
        {
            var flops = 2.0 * size * size * size;
            // A size that cannot be timed twice within what is left is not begun.
            if (best > 0 && 2 * flops / best > (Budget - clock.Elapsed).TotalSeconds) break;
            using var scope = NewDisposeScope();
            var x = Numbers(size, device, type);
            Time(x);
            for (var i = 0; i < Repetitions && (i == 0 || clock.Elapsed < Budget); i++)
            {
                var rate = flops / Time(x);
                if (rate > best) (best, bestSize) = (rate, size);
            }
        }
        return new MatrixRate(best, bestSize, device.type == DeviceType.CPU ? get_num_threads() : 0);
    }

    /// <summary>Ordinary ones: a device may be faster, and take less power, with zeros.</summary>
    static Tensor Numbers(int size, Device device, ScalarType type) =>
        arange((long)size * size, ScalarType.Float32, device).sin().view(size, size).to(type);

    static double Time(Tensor x)
    {
        using var scope = NewDisposeScope();
        Synchronise(x.device);
        var start = Stopwatch.GetTimestamp();
        x.mm(x);
        Synchronise(x.device);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    static void Synchronise(Device device)
    {
        if (device.type == DeviceType.CUDA) cuda.synchronize(device);
    }
}
