using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>How many threads the arithmetic of a model is worth.</summary>
public static class CpuThreads
{
    /// <summary>
    /// Below this width a second thread gains a quarter on an idle machine and loses several times that on a busy one, where each waits for
    /// the other at every operation; and the same number everywhere gives the same bits.
    /// </summary>
    const int WorthSharing = 256;

    /// <summary>Takes one thread for a small model on a CPU; a number that the user has set (<c>OMP_NUM_THREADS</c>) stays.</summary>
    public static void Fit(DecoderShape shape, Device device)
    {
        if (device.type == TorchSharp.DeviceType.CPU && shape.Width < WorthSharing
            && Environment.GetEnvironmentVariable("OMP_NUM_THREADS") is null)
            set_num_threads(1);
    }
}
