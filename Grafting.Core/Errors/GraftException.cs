namespace Grafting.Core;

/// <summary>Whose turn it is to act on an error; the command line turns each kind into an exit code.</summary>
public enum ErrorKind
{
    /// <summary>The command line or a recipe is wrong.</summary>
    Usage,

    /// <summary>A checkpoint, picture or data file is unusable, or a result cannot be expressed exactly.</summary>
    Input,

    /// <summary>Non-finite or diverging numbers beyond the allowance.</summary>
    Numerics,

    /// <summary>Memory, disk or device ran out.</summary>
    Resources,

    /// <summary>Stopped on request after everything was saved; running again continues.</summary>
    Stopped,
}

/// <summary>An error that the user can act on: what is wrong and where, and what to do about it.</summary>
public sealed class GraftException(ErrorKind kind, string message, string? remedy = null, Exception? inner = null)
    : Exception(message, inner)
{
    public ErrorKind Kind { get; } = kind;

    /// <summary>What the user can do, in one sentence; null where the message already says it.</summary>
    public string? Remedy { get; } = remedy;

    /// <summary>
    /// The value at fault as the check calls it, for those who know where it was written; null where the fault is of no single value.
    /// </summary>
    public string? Subject { get; init; }
}
