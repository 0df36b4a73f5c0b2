using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Health.Energy;
using Grafting.Core.Models.Adapters;

namespace Grafting.Recipes.Costs;

/// <summary>
/// <c>cost.json</c> of a run: everything that it took, interruptions included. <c>docs/cost.md</c> says how each figure is counted.
/// </summary>
/// <param name="Recipe">Its name.</param>
/// <param name="Model">Sizes.</param>
/// <param name="Stages">In order, those that have begun.</param>
/// <param name="Sessions">Processes, in order.</param>
/// <param name="Repeated">Steps that were lost and run again; they are in no stage.</param>
public sealed record CostLedger(
    string Recipe, CostModel Model, IReadOnlyList<StageCost> Stages, IReadOnlyList<CostSession> Sessions, RepeatedWork Repeated)
{
    public const string FileName = "cost.json";
    public const string Schema = "graft.cost/1";

    static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>All stages as one.</summary>
    [JsonIgnore]
    public StageCost Together => Stages.Aggregate(StageCost.Nothing("together"), (sum, stage) => new StageCost(
        sum.Name, sum.Steps + stage.Steps, sum.Seconds + stage.Seconds, sum.Samples + stage.Samples, sum.Counts + stage.Counts,
        sum.Compute + stage.Compute));

    /// <summary>Of all stages; lost work is not in it.</summary>
    [JsonIgnore]
    public double Seconds => Stages.Sum(stage => stage.Seconds);

    [JsonIgnore]
    public double Flops => Stages.Sum(stage => stage.Compute.Total);

    /// <summary>What the processes took beyond stages and lost work: the last checkpoint of each, the bundle.</summary>
    [JsonIgnore]
    public double OtherSeconds => Math.Max(0, Sessions.Sum(session => session.Seconds) - Seconds - Repeated.Seconds);

    /// <summary>Useful operations a second, as they were reached.</summary>
    [JsonIgnore]
    public double? FlopsPerSecond => Seconds > 0 ? Flops / Seconds : null;

    /// <summary>
    /// Operations a second that square matrices reach, the mean over the processes weighted by their time; null where they ran on different
    /// devices or types.
    /// </summary>
    [JsonIgnore]
    public double? MatrixFlopsPerSecond => Sessions.Select(session => (session.Device, session.Type)).Distinct().Count() == 1
        ? Sessions.Sum(session => session.Rate.FlopsPerSecond * session.Seconds) / Sessions.Sum(session => session.Seconds)
        : null;

    [JsonIgnore]
    public EnergyReading Energy => Sessions.FirstOrDefault(session => session.Energy.Joules is null) is { } silent
        ? silent.Energy
        : new EnergyReading(
            Sessions.Sum(session => session.Energy.Joules!.Value),
            string.Join(", ", Sessions.Select(session => session.Energy.Source).Distinct()));

    [JsonIgnore]
    public long? PeakMemory => Sessions.Max(session => session.PeakMemory);

    [JsonIgnore]
    public long? PeakDeviceMemory => Sessions.Max(session => session.PeakDeviceMemory);

    /// <summary>Fraction of the measured matrix rate that a stage reached; null where that rate is not one number.</summary>
    public double? Utilisation(StageCost stage) => stage.Seconds > 0 ? stage.Compute.Total / stage.Seconds / MatrixFlopsPerSecond : null;

    /// <param name="run">Folder of a run.</param>
    public static bool IsIn(string run) => File.Exists(Path.Combine(run, FileName));

    /// <exception cref="GraftException">Input: there is none, or it is damaged.</exception>
    public static CostLedger Read(string run)
    {
        var path = Path.Combine(run, FileName);
        if (!File.Exists(path))
            throw Fault.Input(
                $"{run} has no {FileName}.", "Give the folder of a run that 'graft train-encoder' of this version made, or resume it.");
        try
        {
            var json = JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw new JsonException("it holds no object");
            if ((string?)json["schema"] != Schema)
                throw new JsonException($"its schema is {json["schema"]?.ToJsonString() ?? "missing"}, expected {Schema}");
            if (json["model"] is JsonObject model) AdapterSettings.BringUpToDate(model);
            var ledger = json.Deserialize<CostLedger>(Format)!;
            return ledger.Sessions.Count > 0 ? ledger : throw new JsonException("it names no session");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Fault.Input(
                $"{path} is damaged: {e.Message}", "Remove it, and resume the run: what is still known is then written anew.", e);
        }
    }

    /// <summary>Replaces the ledger of a run, whole or not at all.</summary>
    /// <exception cref="GraftException">Resources, where it cannot be written.</exception>
    public void Write(string run) => AtomicFile.WriteText(Path.Combine(run, FileName), ToJson().ToJsonString(Format) + "\n");

    public JsonObject ToJson()
    {
        var json = (JsonObject)JsonSerializer.SerializeToNode(this, Format)!;
        json.Insert(0, "schema", Schema);
        return json;
    }
}
