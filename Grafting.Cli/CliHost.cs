using Grafting.Cli.Rendering;
using Grafting.Core.Running;

namespace Grafting.Cli;

/// <summary>All that the command line touches of the world around it; tests hand in their own.</summary>
/// <param name="Output">Data: tables, or the one JSON document.</param>
/// <param name="Error">Everything else: progress, warnings, errors.</param>
/// <param name="OutputTerminal">What is behind <paramref name="Output"/>.</param>
/// <param name="ErrorTerminal">What is behind <paramref name="Error"/>.</param>
/// <param name="Variable">Environment variable by name; null when unset.</param>
/// <param name="Stop">Raised when the user or the system asks for an end.</param>
/// <param name="Exit">Ends the process at once; null where it belongs to somebody else, and its signals with it.</param>
sealed record CliHost(
    TextWriter Output,
    TextWriter Error,
    Terminal OutputTerminal,
    Terminal ErrorTerminal,
    Func<string, string?> Variable,
    TimeProvider Clock,
    StopRequest Stop,
    Action<int>? Exit)
{
    /// <summary>Data that a command is asked to read with "-".</summary>
    public TextReader Input { get; init; } = Console.In;

    public static CliHost OfProcess(StopRequest stop) => new(
        Console.Out,
        Console.Error,
        Terminal.Behind(Console.IsOutputRedirected, Environment.GetEnvironmentVariable),
        Terminal.Behind(Console.IsErrorRedirected, Environment.GetEnvironmentVariable),
        Environment.GetEnvironmentVariable,
        TimeProvider.System,
        stop,
        Environment.Exit);
}
