using Grafting.Core.Imaging;

namespace Grafting.Core.Health;

/// <summary>What this installation is made of, and what is wrong with it.</summary>
/// <param name="Devices">Empty when libtorch cannot be loaded.</param>
/// <param name="Codecs">Empty when they cannot be loaded.</param>
/// <param name="Findings">Empty when all is well.</param>
public sealed record Diagnosis(
    string Version,
    string Runtime,
    string System,
    TorchDiagnosis Torch,
    IReadOnlyList<DeviceDiagnosis> Devices,
    IReadOnlyList<CodecInfo> Codecs,
    MachineDiagnosis Machine,
    IReadOnlyList<Place> Places,
    IReadOnlyList<Finding> Findings);

/// <param name="Provider"><c>system</c> (Grafting.LibTorch) or <c>torchsharp</c> (the packages).</param>
/// <param name="Version">Version of libtorch that the provider was built for; null when it cannot be loaded.</param>
/// <param name="Path">File that is loaded.</param>
/// <param name="Blas">File of the linear algebra library; null when it is part of libtorch.</param>
/// <param name="Tried">Native files and what came of loading each; only where libtorch cannot be loaded.</param>
public sealed record TorchDiagnosis(string Provider, string? Version, string? Path, string? Blas, IReadOnlyList<LoadAttempt> Tried);

/// <param name="Result">"loaded", "not there", or the loader's words, which name the first dependency that is missing.</param>
public sealed record LoadAttempt(string Path, string Result);

/// <param name="Name">As <c>--device</c> takes it: <c>cpu</c>, <c>cuda:0</c>.</param>
/// <param name="Types">Number types that multiply matrices correctly there.</param>
public sealed record DeviceDiagnosis(string Name, string Model, IReadOnlyList<string> Types);

/// <param name="Cores">Logical cores that this process may use.</param>
/// <param name="Threads">Threads that libtorch uses; null when it cannot be loaded.</param>
/// <param name="MemoryBytes">Of the machine or the container, whichever is less.</param>
public sealed record MachineDiagnosis(int Cores, int? Threads, long MemoryBytes, long FreeMemoryBytes);

/// <param name="FreeBytes">On its disk; null where the folder's disk cannot be asked.</param>
public sealed record Place(string Name, string Path, bool Exists, long? FreeBytes);

public enum Severity
{
    /// <summary>It works, though not as well as it could.</summary>
    Warning,

    /// <summary>Something does not work.</summary>
    Error,
}

/// <summary>Something wrong, and what to do about it.</summary>
public sealed record Finding(Severity Severity, string Message, string Remedy);
