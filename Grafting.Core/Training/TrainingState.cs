using System.Text.Json;
using System.Text.Json.Serialization;

namespace Grafting.Core.Training;

/// <summary>Where a run stands; with the tensors beside it, all that a resumed run needs. The data order follows from the counters.</summary>
/// <param name="Step">Optimizer steps of the whole run.</param>
/// <param name="Stage">Index of the stage.</param>
/// <param name="StageStep">Steps done in that stage.</param>
/// <param name="Command">The command that trains.</param>
/// <param name="Recipe">SHA-256 of the resolved recipe.</param>
/// <param name="Data">Fingerprint of the data read.</param>
/// <param name="Seconds">Training time so far.</param>
public sealed record TrainingState(int Step, int Stage, int StageStep, string Command, string Recipe, string Data, double Seconds)
{
    static readonly JsonSerializerOptions Format = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>What the guard against bad steps remembers.</summary>
    public GuardState Guard { get; init; } = new();

    /// <summary>What early stopping remembers of the stage.</summary>
    public EarlyStopState EarlyStop { get; init; } = new();

    /// <summary>Updates that the optimizer has made in this stage: its steps but for those that were skipped.</summary>
    [JsonIgnore]
    public int Updates => StageStep - Guard.SkippedInStage;

    /// <summary>The start of the stage after this one.</summary>
    public TrainingState NextStage() => this with { Stage = Stage + 1, StageStep = 0, Guard = Guard.NextStage(), EarlyStop = new() };

    public string ToJson() => JsonSerializer.Serialize(this, Format) + "\n";

    public static TrainingState FromJson(string json) => JsonSerializer.Deserialize<TrainingState>(json, Format)!;

    /// <exception cref="GraftException">Usage, when the run was made from another recipe or other data.</exception>
    public void Check(string recipe, string data)
    {
        if (Recipe != recipe)
            throw Fault.Usage("the recipe is not the one that this run was started with.", "Resume without changing it, or start a new run.");
        if (Data != data)
            throw Fault.Usage("the data are not those that this run was started with.", "Restore them, or start a new run.");
    }
}
