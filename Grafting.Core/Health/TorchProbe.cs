using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Grafting.Core.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Health;

/// <summary>Tries libtorch out: whether it loads, which file it is, and what each device can calculate with.</summary>
public static partial class TorchProbe
{
    const string NvidiaFolder = "/proc/driver/nvidia/gpus";
    static readonly ScalarType[] Types = [ScalarType.Float32, ScalarType.BFloat16, ScalarType.Float16, ScalarType.Float64];

    public static string Provider { get; } = typeof(Tensor).Assembly.GetName().Name == "TorchSharp" ? "torchsharp" : "system";

    public static TorchDiagnosis Examine(List<Finding> findings)
    {
        try
        {
            var version = LoadedVersion();
            var libraries = LoadedLibraries.Now();
            var path = libraries.Named("libtorch_cpu.so") ?? libraries.Named("libtorch.so");
            var blas = libraries.Named("libopenblas") ?? libraries.Named("libmkl_rt") ?? libraries.Named("libblas.so");
            CheckVersion(version, path, findings);
            CheckBlas(blas, findings);
            return new TorchDiagnosis(Provider, version, path, blas, []);
        }
        // Whatever the loader throws is the finding; the provider wraps it in a failed static constructor.
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or ExternalException or InvalidOperationException
            or NotSupportedException or EntryPointNotFoundException or BadImageFormatException)
        {
            var tried = NativeFiles().Select(Try).ToArray();
            var cause = e is TypeInitializationException { InnerException: { } inner } ? inner : e;
            findings.Add(new Finding(
                Severity.Error,
                $"libtorch cannot be used: {cause.Message.Split('\n')[0].TrimEnd()}",
                Provider == "system"
                    ? "Install it (Debian: apt-get install libtorch-dev libopenblas0-pthread) or point GRAFT_LIBTORCH to one, then run "
                        + "./graft again, which builds against it; or use the packages: GRAFT_TORCH=torchsharp ./graft doctor"
                    : "Restore the packages again (dotnet restore), or use the system's libtorch: GRAFT_TORCH=system ./graft doctor"));
            return new TorchDiagnosis(Provider, null, null, null, tried);
        }
    }

    public static IReadOnlyList<DeviceDiagnosis> Devices(List<Finding> findings)
    {
        var names = GpuNames();
        var devices = new List<DeviceDiagnosis> { new("cpu", ProcessorName(), UsableTypes(CPU, findings)) };
        var count = cuda.is_available() ? cuda.device_count() : 0;
        for (var i = 0; i < count; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"cuda:{i}");
            devices.Add(new(name, i < names.Length ? names[i] : "NVIDIA GPU", UsableTypes(device(name), findings)));
        }

        if (count == 0 && names.Length > 0)
        {
            findings.Add(new Finding(
                Severity.Warning,
                $"There is a GPU ({names[0]}), but this libtorch cannot use it.",
                "Set GRAFT_LIBTORCH to the 'torch' folder of a PyTorch with CUDA, or use the packages: GRAFT_TORCH=torchsharp "
                    + "GRAFT_CUDA=true"));
        }

        return devices;
    }

    static string LoadedVersion()
    {
        // The first tensor loads the library; the version alone is a constant.
        using var one = ones(1);
        return torch.__version__;
    }

    static string[] UsableTypes(Device device, List<Finding> findings)
    {
        var usable = new List<string>();
        foreach (var type in Types)
        {
            if (MatrixProduct.Fault(device, type) is not { } fault)
            {
                usable.Add(type.ToString().ToLowerInvariant());
            }
            else if (type == ScalarType.Float32)
            {
                findings.Add(new Finding(
                    Severity.Error, $"{device} cannot multiply matrices: {fault}",
                    "Choose another --device, or a libtorch built for this one."));
            }
        }

        return [.. usable];
    }

    // A libtorch archive says its version in build-version, a PyTorch installation in version.py.
    static void CheckVersion(string builtFor, string? path, List<Finding> findings)
    {
        if (path is null) return;
        var root = Path.GetDirectoryName(Path.GetDirectoryName(path))!;
        var file = ((string[])["build-version", "version.py"]).Select(name => Path.Combine(root, name)).FirstOrDefault(File.Exists);
        if (file is null) return;
        var loaded = VersionNumber().Match(File.ReadAllText(file)).Value;
        if (loaded.Length == 0 || builtFor.StartsWith(loaded, StringComparison.Ordinal)
            || loaded.StartsWith(builtFor, StringComparison.Ordinal))
            return;
        findings.Add(new Finding(
            Severity.Error, $"graft was built for libtorch {builtFor}, but {path} is {loaded}.",
            "Delete the folder artifacts and run ./graft again."));
    }

    static void CheckBlas(string? blas, List<Finding> findings)
    {
        if (blas is null || !Path.GetFileName(blas).StartsWith("libblas", StringComparison.Ordinal)) return;
        if (blas.Contains("openblas", StringComparison.Ordinal) || blas.Contains("mkl", StringComparison.Ordinal)) return;
        findings.Add(new Finding(
            Severity.Warning, $"Matrices are multiplied by {blas}, which may be the slow reference library.",
            "Install OpenBLAS (Debian: apt-get install libopenblas0-pthread)."));
    }

    static IEnumerable<string> NativeFiles()
    {
        var here = AppContext.BaseDirectory;
        var packaged = Path.Combine(here, "runtimes", RuntimeInformation.RuntimeIdentifier, "native");
        return Provider == "system"
            ? [Path.Combine(here, "libgraft_torch.so")]
            : [
                Path.Combine(packaged, "libtorch_cpu.so"), Path.Combine(packaged, "libLibTorchSharp.so"),
                Path.Combine(here, "libLibTorchSharp.so"),
            ];
    }

    static LoadAttempt Try(string path)
    {
        if (!File.Exists(path)) return new(path, "not there");
        try
        {
            NativeLibrary.Load(path);
            return new(path, "loaded");
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            return new(path, e.Message);
        }
    }

    static string ProcessorName()
    {
        const string cpuInfo = "/proc/cpuinfo";
        var line = File.Exists(cpuInfo)
            ? File.ReadLines(cpuInfo).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    static string[] GpuNames() => !Directory.Exists(NvidiaFolder) ? [] :
    [
        .. from folder in Directory.EnumerateDirectories(NvidiaFolder).Order(StringComparer.Ordinal)
           let file = Path.Combine(folder, "information")
           where File.Exists(file)
           from line in File.ReadLines(file)
           where line.StartsWith("Model:", StringComparison.Ordinal)
           select line.Split(':', 2)[1].Trim(),
    ];

    [GeneratedRegex(@"\d+\.\d+\.\d+")]
    private static partial Regex VersionNumber();
}
