using System.Text.Json.Nodes;
using Grafting.Surrogates.Planning;

namespace Grafting.Recipes.Costs;

/// <summary>What one stage took, as far as it has run; steps that were lost and run again count once.</summary>
/// <param name="Seconds">Reading of batches, steps, validation and checkpoints; loading of models not.</param>
/// <param name="Samples">Those with a picture and those without.</param>
/// <param name="Counts">Positions, pairs, supervised tokens and pictures (with their tiles) in all.</param>
/// <param name="Compute">Operations of the steps, without those of validation.</param>
public sealed record StageCost(string Name, int Steps, double Seconds, long Samples, WorkCounts Counts, ComputeNeed Compute)
{
    /// <summary>A stage that has not begun.</summary>
    public static StageCost Nothing(string name) => new(name, 0, 0, 0, WorkCounts.None, ComputeNeed.None);

    /// <summary>The stages of a log, in the order in which they ran.</summary>
    /// <param name="metrics">Lines of <c>metrics.jsonl</c>.</param>
    /// <param name="compute">The operations of a stage, by its name, for what was read.</param>
    public static IReadOnlyList<StageCost> From(IReadOnlyList<JsonObject> metrics, Func<string, WorkCounts, ComputeNeed> compute)
    {
        var (stages, before) = (new List<StageCost>(), 0.0);
        foreach (var stage in metrics.GroupBy(line => (string)line["stage"]!, StringComparer.Ordinal))
        {
            double Sum(string name) => stage.Sum(line => line[name]?.GetValue<long>() ?? 0);
            var squares = stage.Sum(line => (line["squares"] ?? line["pictures"])?.GetValue<long>() ?? 0);
            var counts = new WorkCounts(Sum("tokens"), Sum("pairs"), Sum("targets"), squares);
            var end = stage.Max(line => line["seconds"]?.GetValue<double>() ?? 0);
            stages.Add(new StageCost(stage.Key, stage.Count(), end - before, (long)Sum("samples"), counts, compute(stage.Key, counts)));
            before = end;
        }
        return stages;
    }
}
