namespace Grafting.Core.Training;

/// <summary>What surrounds a run: who hears of its troubles, and how long the system lets it live after a notice.</summary>
public sealed record RunWatch
{
    /// <summary>Told what went wrong and is being dealt with, in sentences.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>Told what the run found out about what it was given, in sentences.</summary>
    public Action<string>? Say { get; init; }

    /// <summary>Time between the system's notice (SIGTERM, SIGUSR1) and the end of the process; null where nobody knows.</summary>
    public TimeSpan? Grace { get; init; }

    /// <summary>How the time between two attempts passes.</summary>
    public Action<TimeSpan> Wait { get; init; } = Thread.Sleep;
}
