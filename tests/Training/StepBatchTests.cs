using Grafting.Core;
using Grafting.Core.Text;
using Grafting.Core.Training;

namespace Grafting.Tests.Training;

public class StepBatchTests
{
    static readonly StageConfig Stage = new() { Name = "s", Steps = 1, ImageBatch = 1, LearningRate = 1, Train = [] };

    static EncodedSample Sample(string id, bool picture, params float[] weights) =>
        new(
            id,
            new EncodedChat(
                [1, .. picture ? [EncodedChat.ImageSlot] : Array.Empty<int>(), .. weights.Select((_, i) => i + 2)],
                [0, .. picture ? [0] : Array.Empty<float>(), .. weights]),
            picture ? [Array.Empty<float>()] : []);

    static double[] Shares(StepBatch batch) =>
        [.. batch.Parts.SelectMany(p => p.Packed.TargetWeights.Zip(p.TargetIsText)).GroupBy(t => t.Second).OrderBy(g => g.Key)
            .Select(g => g.Sum(t => (double)t.First))];

    [Test]
    public void Every_supervised_token_weighs_alike_unless_a_share_is_asked_for()
    {
        EncodedSample[] samples = [Sample("a", true, 1, 1, 1), Sample("b", false, 1)];
        Assert.Multiple(() =>
        {
            Assert.That(Shares(StepBatch.Build(samples, Stage, 0)), Is.EqualTo(new[] { 0.75, 0.25 }).Within(1e-7));
            Assert.That(Shares(StepBatch.Build(samples, Stage with { TextShare = 0.5 }, 0)), Is.EqualTo(new[] { 0.5, 0.5 }).Within(1e-7));
        });
    }

    [Test]
    public void Weights_sum_to_1_however_the_step_is_split([Values(1, 2, 3, 8)] int microBatch)
    {
        EncodedSample[] samples = [.. Enumerable.Range(0, 7).Select(i => Sample($"{i}", i % 2 == 0, 1, 0.05f, 0))];
        var batch = StepBatch.Build(samples, Stage with { MicroBatch = microBatch }, 0);
        Assert.That(Shares(batch).Sum(), Is.EqualTo(1).Within(1e-6));
    }

    [Test]
    public void Pictures_stand_one_after_another_and_text_adds_none()
    {
        static EncodedSample Shown(string id, params float[][] pictures) =>
            new(
                id, new EncodedChat([1, .. pictures.Select(_ => EncodedChat.ImageSlot), 2], [0, .. pictures.Select(_ => 0f), 1]),
                [.. pictures]);
        var batch = StepBatch.Build(
            [Shown("a", [1, 2]), Shown("b"), Shown("c", [3, 4], [5, 6]), Shown("d", [7, 8])], Stage with { MicroBatch = 3 }, 4);
        Assert.Multiple(() =>
        {
            Assert.That(batch.Parts.Select(part => part.Pictures), Is.EqualTo(new[] { 3, 1 }));
            Assert.That(batch.Parts[0].Pixels, Is.EqualTo(new float[] { 1, 2, 3, 4, 5, 6 }));
            Assert.That(batch.Parts[0].Packed.ImagePositions, Has.Length.EqualTo(3 * 4));
            Assert.That(batch.Parts[0].TargetIsText, Is.EqualTo(new[] { false, true, false }));
            Assert.That((batch.ImageWeight, batch.TextWeight), Is.EqualTo((3.0, 1.0)));
        });
    }

    [Test]
    public void A_picture_without_its_place_is_a_defect_and_never_ignored()
    {
        var sample = new EncodedSample("x7", new EncodedChat([1, 2], [0, 1]), [new[] { 1f }]);
        Assert.That(Assert.Throws<ArgumentException>(() => StepBatch.Build([sample], Stage, 4))!.Message, Does.Contain("x7"));
    }

    [Test]
    public void Samples_with_nothing_to_learn_are_named() =>
        Assert.That(
            Assert.Throws<GraftException>(() => StepBatch.Build([Sample("x7", false, 0)], Stage, 0))!.Message, Does.Contain("x7"));
}
