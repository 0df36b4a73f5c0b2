using Grafting.Core.Checkpoints;
using Grafting.Core.Health;
using Grafting.Core.Health.Energy;
using Grafting.Core.Models;
using Grafting.Core.Models.Adapters;
using Grafting.Recipes.Costs;
using Grafting.Surrogates;
using Grafting.Surrogates.Planning;

namespace Grafting.Tests.Recipes.Costs;

/// <summary>A ledger with round numbers.</summary>
static class SampleLedger
{
    // Width 4, two heads of 2, one of keys and values, 8 inside, 10 words, 8 layers; tower of one block, width 2, 4 patches.
    public static readonly CostModel Model = new(
        new TargetShape("llama", 8, 4, 8, 2, 1, 2, 10, false, LayerParameters: 152, LayerMatrices: 144, TensorType.F32), 3,
        new TowerShape(2, 3, 1, 1, ImageSize: 4, PatchSize: 2), new FeaturePath(), new AdapterSettings());

    public static readonly StageCost Align = new("align", 10, 4, 60, new WorkCounts(600, 6000, 120, 40), new ComputeNeed(4e6, 6e6, 0));

    public static readonly StageCost See = new("see", 20, 6, 100, new WorkCounts(1000, 10_000, 200, 100), new ComputeNeed(20e6, 10e6, 0));

    public static CostLedger Of(params CostSession[] sessions) =>
        new("tiny", Model, [Align, See], sessions.Length > 0 ? sessions : [Session()], RepeatedWork.None);

    public static CostSession Session(string device = "cpu", double rate = 1e7, double seconds = 11, double? joules = 100) => new(
        device, "float32", "system", new MatrixRate(rate, 512, 1), seconds, 1000, null,
        new EnergyReading(joules, joules is null ? "none here" : "package-0 (RAPL)"));
}
