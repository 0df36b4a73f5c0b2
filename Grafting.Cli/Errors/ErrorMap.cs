using System.Reflection;
using System.Runtime.InteropServices;
using Grafting.Core;

namespace Grafting.Cli.Errors;

/// <summary>Which exit code, and which words, an exception becomes.</summary>
static class ErrorMap
{
    // errno values of Linux, which the runtime hands on as HResult.
    const int NoMemory = 12, TooManyFilesInSystem = 23, TooManyFiles = 24, FileTooLarge = 27, NoSpace = 28, InputOutput = 5, Quota = 122;

    /// <summary>Null when the exception is none that a user could have caused: a defect.</summary>
    public static Failure? Explain(Exception exception, int interruptedCode = ExitCodes.Interrupted) => Unwrap(exception) switch
    {
        GraftException e => new(CodeOf(e.Kind), NameOf(e.Kind), e.Message, e.Remedy),
        OperationCanceledException => new(interruptedCode, "interrupted", "Interrupted before anything could be saved."),
        OutOfMemoryException e => OutOfMemory(e),
        ExternalException e when SaysOutOfMemory(e.Message) => OutOfMemory(e),
        DllNotFoundException or BadImageFormatException or EntryPointNotFoundException => new(
            ExitCodes.Resources, "resources", $"A native library cannot be used: {FirstLine(Unwrap(exception).Message)}",
            "'graft doctor' says which one and why."),
        IOException e when e.HResult is NoSpace or Quota or FileTooLarge => new(
            ExitCodes.Resources, "resources", $"The disk is full: {FirstLine(e.Message)}",
            "Free some space, or choose another place with --output or --workspace; nothing half-written was left in place."),
        IOException e when e.HResult is NoMemory or TooManyFiles or TooManyFilesInSystem or InputOutput =>
            new(ExitCodes.Resources, "resources", FirstLine(e.Message)),
        IOException or UnauthorizedAccessException => new(ExitCodes.Input, "input", FirstLine(Unwrap(exception).Message)),
        _ => null,
    };

    static int CodeOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Usage => ExitCodes.Usage,
        ErrorKind.Input => ExitCodes.Input,
        ErrorKind.Numerics => ExitCodes.Numerics,
        ErrorKind.Resources => ExitCodes.Resources,
        ErrorKind.Stopped => ExitCodes.Stopped,
        _ => Fault.Unreachable<int>(kind),
    };

    static string NameOf(ErrorKind kind) => ExitCodes.Table.First(row => row.Code == CodeOf(kind)).Kind;

    static Failure OutOfMemory(Exception e) => new(
        ExitCodes.Resources, "resources", $"Out of memory: {FirstLine(e.Message)}",
        "Use a smaller micro-batch, fewer layers or a smaller --dtype, or close what else uses the memory.");

    // libtorch reports it as text only: "CUDA out of memory", "DefaultCPUAllocator: can't allocate memory" or "not enough memory".
    static bool SaysOutOfMemory(string message) =>
        message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
        || message.Contains("not enough memory", StringComparison.OrdinalIgnoreCase)
        || message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase);

    /// <summary>The cause behind the runtime's own wrappers.</summary>
    static Exception Unwrap(Exception exception)
    {
        while (exception is AggregateException or TargetInvocationException or TypeInitializationException
            && exception.InnerException is { } inner)
        {
            exception = inner;
        }

        return exception;
    }

    static string FirstLine(string text) => text.Split('\n', 2)[0].TrimEnd();
}
