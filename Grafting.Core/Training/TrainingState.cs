using System.Text.Json;

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

    public string ToJson() => JsonSerializer.Serialize(this, Format) + "\n";

    public static TrainingState FromJson(string json) => JsonSerializer.Deserialize<TrainingState>(json, Format)!;

    /// <param name="recipes">Digests of the recipe and of those that the caller vouches for.</param>
    /// <param name="data">Fingerprint of the data.</param>
    /// <exception cref="GraftException">Usage, when the run was made from another recipe or other data.</exception>
    public void Check(IReadOnlyCollection<string> recipes, string data)
    {
        if (!recipes.Contains(Recipe))
            throw Fault.Usage("the recipe is not the one that this run was started with.", "Resume without changing it, or start a new run.");
        if (Data != data)
            throw Fault.Usage("the data are not those that this run was started with.", "Restore them, or start a new run.");
    }
}
