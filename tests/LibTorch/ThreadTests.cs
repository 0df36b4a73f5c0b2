using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Grafting.Tests.LibTorch;

/// <summary>The number of threads holds for ATen and for OpenBLAS.</summary>
public class ThreadTests
{
    int _before;

    [OneTimeSetUp]
    public void Remember() => _before = get_num_threads();

    [OneTimeTearDown]
    public void Restore() => set_num_threads(_before);

    [TestCase(1)]
    [TestCase(2)]
    public void Both_pools_get_the_number(int count)
    {
        set_num_threads(count);
        Assert.That(get_num_threads(), Is.EqualTo(count));
        Assert.That(OpenBlasThreads(), Is.Null.Or.EqualTo(count));
    }

    [Test]
    public void From_the_start_no_more_threads_run_than_there_are_processors() =>
        Assert.That(
            _before, Is.InRange(1, Environment.GetEnvironmentVariable("OMP_NUM_THREADS") is null ? Environment.ProcessorCount : 1024));

    [Test]
    public void A_product_is_the_same_with_any_number()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3UL);
        var matrix = randn([200, 200], ScalarType.Float64, generator: generator);
        set_num_threads(1);
        var alone = matrix.matmul(matrix);
        set_num_threads(2);
        Assert.That(matrix.matmul(matrix).allclose(alone, rtol: 1e-12, atol: 1e-12), Is.True);
    }

    // Null where libtorch calls another BLAS.
    static int? OpenBlasThreads()
    {
        foreach (var path in File.ReadLines("/proc/self/maps").Select(line => line.Split(' ')[^1]).Distinct())
        {
            if (Path.GetFileName(path).StartsWith("libopenblas", StringComparison.Ordinal)
                && NativeLibrary.TryGetExport(NativeLibrary.Load(path), "openblas_get_num_threads", out var function))
            {
                return Marshal.GetDelegateForFunctionPointer<GetThreads>(function)();
            }
        }
        return null;
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    delegate int GetThreads();
}
