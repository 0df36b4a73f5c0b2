using Grafting.Core.Models.Lora;
using Grafting.Core.Training;
using static TorchSharp.torch;

namespace Grafting.Tests.Training;

/// <summary>A step's gradient is the same however it is computed.</summary>
public class InvarianceTests
{
    // Relative to the norm of the whole gradient: what clipping measures and what an update is made of. A tensor's own norm will not do,
    // for some are 0 but for rounding (the bias of the keys, which softmax does not see).
    const double Tolerance = 1e-6;

    // What float32 sums in another order is then multiplied by how steep the model is: with weights of this spread, 3.5e-7 is the most that
    // was seen, with those of 0.3 that other tests take, 1.4e-6 (each way lies as far from the gradient in float64 as from any other).
    const double Spread = 0.09;

    // In float64 the same model shows that nothing but rounding is between the ways: 2.5e-15 is the most that was seen, even with 0.3.
    const double DoubleTolerance = 1e-13;

    static readonly (int Pictures, int Texts)[] Mixes = [(5, 0), (0, 5), (4, 2)];

    static StageConfig Stage(int microBatch, int rowLength) => Tiny.Stage("s", 1) with { MicroBatch = microBatch, RowLength = rowLength };

    [Test]
    public void The_gradient_does_not_depend_on_the_split_the_packing_or_recomputation(
        [Values(0, 1, 2)] int mix, [Values(1, 2, 3, 6)] int microBatch, [Values(1, 24, 200)] int rowLength, [Values] bool recompute)
    {
        using var tiny = new Tiny(range: Spread);
        using var exact = new Tiny(dtype: ScalarType.Float64);
        Assert.Multiple(() =>
        {
            Assert.That(Distance(tiny), Is.LessThanOrEqualTo(Tolerance));
            Assert.That(Distance(exact), Is.LessThanOrEqualTo(DoubleTolerance), "in float64");
        });

        double Distance(Tiny model)
        {
            var samples = Tiny.Samples(Mixes[mix].Pictures, Mixes[mix].Texts);
            var whole = model.Gradients(StepBatch.Build(samples, Stage(6, 24), model.Model.ImageTokens));
            var split = model.Gradients(StepBatch.Build(samples, Stage(microBatch, rowLength), model.Model.ImageTokens), recompute);
            return Tiny.Distance(whole, split);
        }
    }

    [Test]
    public void Pieces_of_the_loss_add_up_to_the_same_losses_and_gradient([Values(1, 5, 7, 1024)] int targetsAtOnce)
    {
        using var tiny = new Tiny(range: Spread);
        var batch = StepBatch.Build(Tiny.Samples(4, 2), Stage(6, 24), tiny.Model.ImageTokens);
        var whole = tiny.Gradients(batch);
        GradientNorm.Reset([.. tiny.Model.All().Select(p => p.Value)]);
        using var scope = NewDisposeScope();
        var part = batch.Parts.Single();
        var tensors = PackedTensors.From(part.Packed, CPU);
        var pixels = tiny.Model.ToPixels(part.Pixels, part.Pictures);
        var expected = tiny.Model.Losses(tensors, pixels).data<float>().ToArray();
        var losses = RecomputedPass.Run(tiny.Model, tensors, pixels, targetsAtOnce).data<float>().ToArray();
        var pieced = new SortedDictionary<string, double[]>(
            tiny.Model.All().Where(p => p.Value.grad is not null).ToDictionary(
                p => p.Key, p => p.Value.grad!.to(ScalarType.Float64).data<double>().ToArray()),
            StringComparer.Ordinal);
        Assert.Multiple(() =>
        {
            // A product of fewer rows may sum in another order, so that only one piece has the plain pass's very bits.
            Assert.That(losses, Is.EqualTo(expected).Within(targetsAtOnce == 1024 ? 0 : 1e-5));
            Assert.That(Tiny.Distance(whole, pieced), Is.LessThanOrEqualTo(Tolerance));
        });
    }

    static IEnumerable<TestCaseData> Parts()
    {
        yield return new TestCaseData([new TrainedPart[] { new() { Part = "translator" } }]).SetArgDisplayNames("translator");
        yield return new TestCaseData(
            [new TrainedPart[] { new() { Part = "adapter" }, new() { Part = "boundary" } }]).SetArgDisplayNames("adapter");
        yield return new TestCaseData([new TrainedPart[] { new() { Part = "tower", LastBlocks = 1 } }]).SetArgDisplayNames("last block");
        yield return new TestCaseData([new TrainedPart[] { new() { Match = "decoder.norm.*" } }]).SetArgDisplayNames("norm");
        yield return new TestCaseData([new TrainedPart[] { new() { Part = "decoder" } }]).SetArgDisplayNames("decoder");
    }

    [TestCaseSource(nameof(Parts))]
    public void Recomputation_gives_the_same_bits_whatever_trains(TrainedPart[] parts)
    {
        Compare(parts, ScalarType.Float32);
        Compare(parts, ScalarType.BFloat16);
    }

    static void Compare(TrainedPart[] parts, ScalarType type)
    {
        using var tiny = new Tiny(dtype: type);
        tiny.Model.Choose(parts);
        foreach (var (pictures, texts) in Mixes)
        {
            var batch = StepBatch.Build(Tiny.Samples(pictures, texts), Stage(2, 24), tiny.Model.ImageTokens);
            var kept = tiny.GradientsOfChosen(batch);
            var recomputed = tiny.GradientsOfChosen(batch, recompute: true);
            Assert.That(recomputed, Is.EqualTo(kept), $"{type}, {pictures} pictures, {texts} texts");
        }
    }

    [Test]
    public void A_layer_computed_again_drops_what_it_dropped_on_the_way_there()
    {
        using var tiny = new Tiny();
        var adapters = LoraAdapters.Attach(
            tiny.Model.Decoder, new LoraConfig { Rank = 2, Alpha = 4, Dropout = 0.5, Targets = ["q_proj", "down_proj"] }, 5);
        var model = new TrainingModel(tiny.Model.Decoder, tiny.Encoder, []) { Lora = adapters };
        // Fresh adapters add nothing, so that what is dropped in front of them would not show.
        using (no_grad()) foreach (var (_, adapter) in adapters.Members) adapter.Up.fill_(0.2);
        model.Choose([new TrainedPart { Part = "lora" }]);
        var batch = StepBatch.Build(Tiny.Samples(4, 2), Stage(2, 24), model.ImageTokens);
        var kept = Step(0, false);
        Assert.Multiple(() =>
        {
            Assert.That(Step(0, true), Is.EqualTo(kept));
            Assert.That(Step(1, false), Is.Not.EqualTo(kept), "another step drops others");
        });

        List<float> Step(long step, bool recompute)
        {
            GradientNorm.Reset([.. model.All().Select(p => p.Value)]);
            using var dropping = adapters.Dropout.During(step);
            StepGradient.Accumulate(model, batch, recompute);
            using var scope = NewDisposeScope();
            return [.. adapters.Members.SelectMany(member => member.Value.parameters()).SelectMany(p => p.grad!.data<float>().ToArray())];
        }
    }

    [Test]
    public void Recomputation_keeps_no_state_below_the_first_layer_that_trains()
    {
        using var tiny = new Tiny();
        tiny.Model.Choose([new TrainedPart { Match = "decoder.layers.2.*" }]);
        var batch = StepBatch.Build(Tiny.Samples(0, 3), Stage(3, 24), tiny.Model.ImageTokens);
        Assert.That(tiny.GradientsOfChosen(batch, recompute: true).Keys, Has.All.StartsWith("decoder.layers.2."));
        Assert.That(tiny.GradientsOfChosen(batch, recompute: true), Is.EqualTo(tiny.GradientsOfChosen(batch)));
    }
}
