using System.Runtime.InteropServices;

namespace Grafting.LibTorch;

/// <summary>
/// Keeps the two thread pools of a CPU step, OpenMP's of ATen and oneDNN and OpenBLAS's own, from working against each other.
/// Both keep idle threads spinning, so that with as many threads as cores the waiting ones take the cores from the working ones.
/// Waiting passively costs a wake-up per parallel region; benchmarks/ has the figures.
/// </summary>
static partial class Threads
{
    /// <summary>Must run before libtorch is loaded: the libraries read these once. What the user has set stays.</summary>
    internal static void Arrange()
    {
        if (!OperatingSystem.IsLinux()) return;
        SetDefault("OMP_WAIT_POLICY", "PASSIVE");
    }

    // Environment.SetEnvironmentVariable changes .NET's copy only; native code reads the process's.
    static void SetDefault(string name, string value)
    {
        if (Environment.GetEnvironmentVariable(name) is null && setenv(name, value, 0) != 0)
            throw new InvalidOperationException($"{name} could not be set (error {Marshal.GetLastPInvokeError()}).");
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int setenv(string name, string value, int overwrite);
}
