using System.Runtime.InteropServices;

namespace Grafting.LibTorch;

/// <summary>
/// A failure inside libtorch. Code that must run over either provider catches <see cref="ExternalException"/>, which TorchSharp throws
/// for everything; the subclasses here say more.
/// </summary>
public class TorchException : ExternalException
{
    internal TorchException(string operation, string message) : base($"{operation}: {message}") => Operation = operation;

    /// <summary>The operation that failed, as in <c>matmul</c>.</summary>
    public string Operation { get; }

    internal static TorchException Of(int kind, string operation, string message) => kind switch
    {
        1 => new TorchArgumentException(operation, message),
        2 => new TorchIndexException(operation, message),
        3 => new TorchOutOfMemoryException(operation, message.Length > 0 ? message : "memory ran out"),
        4 => new TorchNotImplementedException(operation, message),
        _ => new TorchException(operation, message),
    };
}

/// <summary>Shapes, dtypes or devices do not fit together; the message names those of the operands.</summary>
public sealed class TorchArgumentException : TorchException
{
    internal TorchArgumentException(string operation, string message) : base(operation, message) { }
}

/// <summary>An index is outside its dimension.</summary>
public sealed class TorchIndexException : TorchException
{
    internal TorchIndexException(string operation, string message) : base(operation, message) { }
}

/// <summary>The memory of a device, or of the host, did not suffice.</summary>
public sealed class TorchOutOfMemoryException : TorchException
{
    internal TorchOutOfMemoryException(string operation, string message) : base(operation, message) { }
}

/// <summary>libtorch has no implementation for this dtype or device.</summary>
public sealed class TorchNotImplementedException : TorchException
{
    internal TorchNotImplementedException(string operation, string message) : base(operation, message) { }
}
