using System.Runtime.InteropServices;

namespace Grafting.LibTorch;

/// <summary>
/// Keeps the two thread pools of a CPU step, OpenMP's (ATen, oneDNN) and OpenBLAS's own, from working against each other.
/// Idle OpenMP threads spin by default, and with as many threads as cores they hold the cores that OpenBLAS waits for; letting them sleep
/// costs a wake-up per parallel region and was never much slower. And ATen counts physical cores, of which a small virtual machine
/// often claims one for two processors, while OpenBLAS counts processors.
/// </summary>
/// <remarks>
/// Medians on 2 processors, libtorch 1.13.1, OpenBLAS 0.3.21, undisturbed. Both with 2 threads, spinning and sleeping: eight layers
/// forward at width 64 and 256 positions 129 and 3.0 ms; four products 512×512 with GELU between 43.9 and 13.3 ms. Training step of
/// eight decoder layers, width 64, 16×96 positions, sleeping: 168 ms with 1 thread, 152 ms as the libraries choose, 120 ms with 2 each.
/// </remarks>
static partial class Threads
{
    // Enough for small steps; beyond that ATen's count of physical cores is the better one.
    const int AtLeast = 4;

    static readonly bool s_chosenByUser = Environment.GetEnvironmentVariable("OMP_NUM_THREADS") is not null;

    /// <summary>Must run before libtorch is loaded: OpenMP reads this once. What the user has set stays.</summary>
    internal static void BeforeLoading()
    {
        // Environment.SetEnvironmentVariable changes .NET's copy only; native code reads the process's.
        if (OperatingSystem.IsLinux() && setenv("OMP_WAIT_POLICY", "PASSIVE", 0) != 0)
            throw new InvalidOperationException($"OMP_WAIT_POLICY could not be set (error {Marshal.GetLastPInvokeError()}).");
    }

    /// <summary>Gives both pools the same number: ATen's own choice, but not above the processors this process may use.</summary>
    internal static void AfterLoading()
    {
        if (s_chosenByUser) return;
        var processors = Environment.ProcessorCount;
        Done(graft_set_num_threads(Math.Clamp(graft_get_num_threads(), Math.Min(processors, AtLeast), processors)));
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int setenv(string name, string value, int overwrite);
}
