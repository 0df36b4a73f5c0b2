using Grafting.Core.Models.Lora;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.Models.Lora;

public class LoraDropoutTests : InScope
{
    const int Count = 20_000;

    [Test]
    public void Nothing_is_dropped_outside_of_a_step()
    {
        var dropout = new LoraDropout(0.5, 1);
        using (dropout.During(3)) dropout.NextMicroBatch();
        Assert.That(Values(dropout), Has.All.EqualTo(1f));
    }

    [Test]
    public void The_same_step_micro_batch_and_matrix_drop_the_same_whatever_the_global_generator_did()
    {
        var first = At(seed: 1, step: 5, microBatch: 1, "a");
        manual_seed(99);
        rand(10);
        Assert.That(At(seed: 1, step: 5, microBatch: 1, "a"), Is.EqualTo(first));
    }

    [Test]
    public void Drawing_masks_leaves_the_global_generator_alone()
    {
        manual_seed(7);
        var plain = rand(4).data<float>().ToArray();
        manual_seed(7);
        At(1, 5, 0, "a");
        Assert.That(rand(4).data<float>().ToArray(), Is.EqualTo(plain));
    }

    [TestCase(2UL, 5, 1, "a")]
    [TestCase(1UL, 6, 1, "a")]
    [TestCase(1UL, 5, 2, "a")]
    [TestCase(1UL, 5, 1, "b")]
    public void Another_seed_step_micro_batch_or_matrix_drops_others(ulong seed, int step, int microBatch, string matrix)
    {
        var same = At(1, 5, 1, "a").Zip(At(seed, step, microBatch, matrix), (a, b) => a == b).Count(equal => equal);
        // Independent masks agree in 0.8² + 0.2² = 68 % of places; 4 standard deviations are 1.3 %.
        Assert.That(same / (double)Count, Is.EqualTo(0.68).Within(0.014));
    }

    [Test]
    public void What_remains_is_scaled_so_that_the_mean_stays()
    {
        var values = At(1, 5, 0, "a");
        Assert.Multiple(() =>
        {
            Assert.That(values.Distinct().Order(), Is.EqualTo(new[] { 0f, 1.25f }));
            // The share of zeros has a standard deviation of 0.28 %.
            Assert.That(values.Count(v => v == 0) / (double)Count, Is.EqualTo(0.2).Within(0.0115));
        });
    }

    static float[] At(ulong seed, int step, int microBatch, string matrix)
    {
        var dropout = new LoraDropout(0.2, seed);
        using var _ = dropout.During(step);
        for (var i = 0; i <= microBatch; i++) dropout.NextMicroBatch();
        return Values(dropout, matrix);
    }

    static float[] Values(LoraDropout dropout, string matrix = "a") => dropout.Apply(matrix, ones(Count)).data<float>().ToArray();
}
