using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Training;
using Grafting.Surrogates;
using Grafting.Surrogates.Planning;
using Grafting.Tests.Training;

namespace Grafting.Tests.Surrogates.Planning;

/// <summary>Operations and memory of adapters other than the published one, against products listed by hand.</summary>
public class PlannedAdapterTests
{
    // Tiny: 4 patches of width 12 a square, decoder of width 16. Of a picture's work only the adapter differs between the kinds.
    static readonly WorkCounts Counts = new(30, 318, 9, 2);

    /// <param name="Rows">Of the vectors that are multiplied, for one square.</param>
    /// <param name="OfFeatures">Whether the first factor is the tower's features.</param>
    readonly record struct Product(double Rows, double Inner, double Columns, bool Weight = true, bool OfFeatures = false);

    static IEnumerable<Product> Products(string kind)
    {
        switch (kind)
        {
            case "pixelShuffle":
                return [new(1, 48, 16, OfFeatures: true), new(1, 16, 16)];
            case "averagePool":
                return [new(1, 12, 16, OfFeatures: true), new(1, 16, 16)];
            case "deep":
                return [new(4, 12, 16, OfFeatures: true), new(4, 16, 16), new(4, 16, 16)];
            default:
                List<Product> products = [];
                for (var layer = 0; layer < 2; layer++)
                {
                    products.AddRange([new(4, 12, 12, OfFeatures: true), new(4, 12, 12, OfFeatures: true), new(3, 12, 12), new(3, 12, 12)]);
                    // Two heads of 6: scores, and what they weigh.
                    for (var head = 0; head < 2; head++) products.AddRange([new(3, 6, 4, Weight: false), new(3, 4, 6, Weight: false)]);
                    products.AddRange([new(3, 12, 48), new(3, 48, 12)]);
                }
                return [.. products, new(3, 12, 16)];
        }
    }

    static AdapterSettings Settings(string kind) => kind switch
    {
        "deep" => new() { Depth = 3 },
        "resampler" => new() { Kind = kind, Queries = 3, Heads = 2 },
        _ => new() { Kind = kind, Factor = 2 },
    };

    static ComputeNeed Count(AdapterSettings settings, params TrainedPart[] train)
    {
        using var tiny = new Tiny(adapter: settings);
        tiny.Model.Choose(train);
        return ComputeNeed.Of(ModelMatrices.Of(tiny.Model), Counts, recompute: false);
    }

    static double Flops(Product product) => 2 * product.Rows * product.Inner * product.Columns * Counts.Pictures;

    /// <summary>What an adapter of two linear layers costs in the same place, by which the rest of the model is known.</summary>
    static (double Forward, double Backward) Beside(bool throughTower, params TrainedPart[] train)
    {
        var (need, first, second) = (Count(new(), train), 2.0 * 4 * 12 * 16 * 2, 2.0 * 4 * 16 * 16 * 2);
        return (need.Forward - first - second, need.Backward - (throughTower ? 2 : 1) * first - 2 * second);
    }

    [Test]
    public void A_trained_adapter_counts_what_it_multiplies(
        [Values("pixelShuffle", "averagePool", "deep", "resampler")] string kind, [Values] bool throughTower)
    {
        TrainedPart[] train = throughTower ? [new() { Part = "adapter" }, new() { Part = "tower-norm" }] : [new() { Part = "adapter" }];
        var (need, beside) = (Count(Settings(kind), train), Beside(throughTower, train));
        var backward = Products(kind).Sum(p => Flops(p) * ((p.OfFeatures && !throughTower ? 0 : 1) + 1));
        Assert.Multiple(() =>
        {
            Assert.That(need.Forward, Is.EqualTo(beside.Forward + Products(kind).Sum(Flops)));
            Assert.That(need.Backward, Is.EqualTo(beside.Backward + backward));
        });
    }

    [Test]
    public void A_frozen_adapter_over_a_tower_that_trains_passes_gradients_on_and_gets_none()
    {
        var train = new TrainedPart { Part = "tower-norm" };
        var without = Count(new(), train).Backward - (2.0 * 4 * 12 * 16 * 2) - (2.0 * 4 * 16 * 16 * 2);
        Assert.That(Count(Settings("averagePool"), train).Backward, Is.EqualTo(without + Products("averagePool").Sum(Flops)));
    }

    [Test]
    public void Memory_follows_the_tokens_that_pass()
    {
        var target = TargetShape.Read(PlanTarget.Real("meta-llama-3.1-8B-Instruct"), "config.json", []);
        var layout = new DecoderLayout(target, [.. Enumerable.Range(0, 19).Select(layer => layer == 17)]);
        var whole = VisionShape.Of(VisionShape.ClipLarge336, target.Width) with { Path = new FeaturePath(KeepClass: false) };
        var pooled = whole with { Adapter = new AveragePoolConfig(1024, target.Width, Factor: 2) };
        // Of one library: what is kept for the way back, and so which moment is the peak, differs between them.
        TrainingWorkload Work(int imageTokens) => PlanTarget.Work with { ImageTokens = imageTokens };
        var (all, quarter) = (MemoryNeed.Of(layout, whole, Work(578)), MemoryNeed.Of(layout, pooled, Work(146)));
        Assert.Multiple(() =>
        {
            Assert.That(quarter.VisionWeights, Is.EqualTo(all.VisionWeights), "the same linear layers");
            Assert.That(quarter.Activations.Bytes, Is.LessThan(0.6 * all.Activations.Bytes), "270 positions in place of 702");
            Assert.That(
                ComputeNeed.StageOne(layout, pooled, Work(146)).Total,
                Is.LessThan(0.6 * ComputeNeed.StageOne(layout, whole, Work(578)).Total));
        });
    }

    [Test]
    public void Tiles_multiply_the_towers_work_and_not_the_decoders()
    {
        var target = TargetShape.Read(PlanTarget.Real("meta-llama-3.1-8B-Instruct"), "config.json", []);
        var layout = new DecoderLayout(target, [.. Enumerable.Range(0, 19).Select(layer => layer == 17)]);
        var vision = VisionShape.Of(VisionShape.ClipLarge336, target.Width);
        var work = new TrainingWorkload(TensorType.BF16, ImageTokens: 579);
        var (one, five) = (ComputeNeed.StageOne(layout, vision, work), ComputeNeed.StageOne(layout, vision, work with { Squares = 5 }));
        var none = ComputeNeed.Of(ModelMatrices.StageOne(layout, vision), work.Counts with { Pictures = 0 }, false);
        Assert.That(five.Forward - none.Forward, Is.EqualTo(5 * (one.Forward - none.Forward)).Within(1e-9).Percent);
        Assert.That(
            MemoryNeed.Of(layout, vision, work with { Squares = 5 }).Activations.Bytes,
            Is.GreaterThan(MemoryNeed.Of(layout, vision, work).Activations.Bytes));
    }
}
