using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Grafting.Core.Training;

/// <summary>
/// Where a run stands; with the tensors beside it, all that a resumed run needs. The data order follows from the counters.
/// </summary>
/// <param name="Step">Optimizer steps of the whole run.</param>
/// <param name="Stage">Index of the stage.</param>
/// <param name="StageStep">Steps done in that stage.</param>
/// <param name="Command">The command that trains.</param>
/// <param name="Recipe">SHA-256 of the resolved recipe.</param>
/// <param name="Data">Fingerprint of the data read.</param>
/// <param name="Seconds">Training time so far.</param>
public sealed record TrainingState(int Step, int Stage, int StageStep, string Command, string Recipe, string Data, double Seconds)
{
    const string SchemaName = "graft.training-state/";
    const int CurrentVersion = 1;

    static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.Strict,
        AllowDuplicateProperties = false,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Name and version of the file's form.</summary>
    [JsonPropertyOrder(-1)]
    [SuppressMessage("Performance", "CA1822", Justification = "It is written with the rest.")]
    public string Schema => $"{SchemaName}{CurrentVersion}";

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

    /// <param name="json">As this or an older version wrote it; the first one named no schema.</param>
    /// <param name="path">Where it stands, for messages.</param>
    /// <exception cref="GraftException">Input: not JSON, values that make no sense, or from a newer version.</exception>
    public static TrainingState FromJson(string json, string path)
    {
        try
        {
            var root = JsonElement.Parse(json);
            var schema = root.TryGetProperty("schema", out var name) ? name.GetString() ?? "" : $"{SchemaName}0";
            var version = 0;
            if (!schema.StartsWith(SchemaName, StringComparison.Ordinal)
                || !int.TryParse(schema.AsSpan(SchemaName.Length), NumberStyles.None, CultureInfo.InvariantCulture, out version))
            {
                throw Fault.Input($"{path}: has the unknown schema {Printable.Quote(schema)}; expected {SchemaName}{CurrentVersion}.");
            }
            if (version > CurrentVersion)
            {
                throw Fault.Input(
                    $"{path}: has the schema {schema}; this program reads up to version {CurrentVersion}.",
                    "It was written by a newer version; update this program.");
            }
            var state = root.Deserialize<TrainingState>(Format) ?? throw new JsonException("it holds null");
            if (state is { Step: < 0 } or { Stage: < 0 } or { StageStep: < 0 } || state.StageStep > state.Step || !(state.Seconds >= 0))
            {
                throw Fault.Input(
                    $"{path}: makes no sense: step {state.Step}, stage {state.Stage}, step {state.StageStep} of the stage, "
                        + $"{state.Seconds} seconds.");
            }
            return state;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw Fault.Input($"{path}: is malformed: {error.Message}", inner: error);
        }
    }

    /// <param name="recipes">Digests of the recipe and of those that the caller vouches for.</param>
    /// <param name="data">Fingerprint of the data.</param>
    /// <exception cref="GraftException">Usage, when the run was made from another recipe or other data.</exception>
    public void Check(IReadOnlyCollection<string> recipes, string data)
    {
        if (!recipes.Contains(Recipe))
            throw Fault.Usage(
                "the recipe is not the one that this run was started with.", "Resume without changing it, or start a new run.");
        if (Data != data)
            throw Fault.Usage("the data are not those that this run was started with.", "Restore them, or start a new run.");
    }
}
