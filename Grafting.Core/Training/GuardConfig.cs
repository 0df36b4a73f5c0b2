namespace Grafting.Core.Training;

/// <summary>What happens at a step that should not be taken.</summary>
public enum GuardAction
{
    /// <summary>Nothing is looked for.</summary>
    Off,

    /// <summary>The run ends before the update, with exit code 4.</summary>
    Stop,

    /// <summary>The step is left out, noted and kept for replay; beyond the budget the run ends with exit code 4.</summary>
    Skip,
}

/// <summary>What happens when a loss or gradient norm is not finite. Looking away is not offered.</summary>
public sealed record NonFiniteConfig
{
    /// <summary>stop or skip.</summary>
    public GuardAction Action { get; init; } = GuardAction.Stop;

    /// <summary>Steps of the run that may be skipped for this reason.</summary>
    public int Budget { get; init; } = 10;

    public NonFiniteConfig Validate()
    {
        if (Action == GuardAction.Off) throw Fault.Usage("onNonFinite is 'off'; 'stop' or 'skip' was expected.");
        Fault.IfOutside(Budget, 0, 1_000_000);
        return this;
    }
}

/// <summary>What happens when loss or gradient norm is far above the steps before it.</summary>
public sealed record SpikeConfig
{
    /// <summary>off, stop or skip.</summary>
    public GuardAction Action { get; init; } = GuardAction.Off;

    /// <summary>Steps over which mean and deviation are taken; the guard starts when half of them are there.</summary>
    public int Window { get; init; } = 128;

    /// <summary>Standard deviations above the mean that make a spike.</summary>
    public double Sigma { get; init; } = 6;

    /// <summary>Steps of the run that may be skipped for this reason.</summary>
    public int Budget { get; init; } = 10;

    public SpikeConfig Validate()
    {
        Fault.IfOutside(Window, 4, 100_000);
        Fault.IfOutside(Sigma, 1, 1000);
        Fault.IfOutside(Budget, 0, 1_000_000);
        return this;
    }
}
