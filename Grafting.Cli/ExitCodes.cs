namespace Grafting.Cli;

/// <summary>Exit codes of every command; <c>graft help exit-codes</c> prints the same table.</summary>
static class ExitCodes
{
    public const int Done = 0;
    public const int Unexpected = 1;
    public const int Usage = 2;
    public const int Input = 3;
    public const int Numerics = 4;
    public const int Resources = 5;

    /// <summary>EX_TEMPFAIL of sysexits.h: a batch system may run the same command again.</summary>
    public const int Stopped = 75;

    /// <summary>128 + SIGINT.</summary>
    public const int Interrupted = 130;

    /// <summary>128 + SIGTERM.</summary>
    public const int Terminated = 143;

    public static IReadOnlyList<(int Code, string Kind, string Meaning)> Table { get; } =
    [
        (Done, "done", "done"),
        (Unexpected, "unexpected", "unexpected failure: a defect of graft; the message names a log file"),
        (Usage, "usage", "the command line or the recipe is wrong"),
        (Input, "input", "input is unusable, or the result cannot be expressed exactly (checkpoint, data, export)"),
        (Numerics, "numerics", "numbers that are not finite beyond the allowance, or divergence"),
        (Resources, "resources", "memory, disk or device is missing or used up"),
        (Stopped, "stopped", "stopped on request after saving; run the command again to continue"),
        (Interrupted, "interrupted", "interrupted (Ctrl-C) before anything could be saved"),
        (Terminated, "interrupted", "terminated (SIGTERM) before anything could be saved"),
    ];
}
