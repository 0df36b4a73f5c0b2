using Grafting.Core;
using Grafting.Core.Evaluation;
using Grafting.Core.Numerics;

namespace Grafting.Tests.Evaluation;

public class BootstrapTests
{
    [Test]
    public void The_interval_of_independent_values_is_that_of_the_normal_approximation()
    {
        var values = Gaussians(400, seed: 1);
        var mean = values.Average();
        var halfWidth = 1.96 * Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / values.Length / values.Length);
        var interval = Bootstrap.Mean(values, Singles(400), seed: 7);
        Assert.Multiple(() =>
        {
            Assert.That(interval.Value, Is.EqualTo(mean).Within(1e-12));
            Assert.That(interval.Low, Is.EqualTo(mean - halfWidth).Within(0.1 * halfWidth));
            Assert.That(interval.High, Is.EqualTo(mean + halfWidth).Within(0.1 * halfWidth));
        });
    }

    [Test]
    public void Ninety_five_intervals_of_a_hundred_cover_the_truth()
    {
        var random = new DeterministicRandom(11);
        var covered = 0;
        const int trials = 300;
        for (var trial = 0; trial < trials; trial++)
        {
            double[] values = [.. Enumerable.Range(0, 120).Select(_ => random.Chance(0.7) ? 100.0 : 0)];
            if (Bootstrap.Mean(values, Singles(values.Length), (ulong)trial, resamples: 400).Contains(70)) covered++;
        }
        Assert.That(covered / (double)trials, Is.InRange(0.91, 0.98));
    }

    [Test]
    public void Values_that_repeat_within_a_cluster_count_once()
    {
        var values = Gaussians(100, seed: 3);
        var once = Bootstrap.Mean(values, Singles(100), seed: 5);
        var repeated = Bootstrap.Mean(
            [.. values.SelectMany(v => new[] { v, v, v, v })], [.. Singles(100).SelectMany(c => new[] { c, c, c, c })], seed: 5);
        Assert.That(repeated.Low, Is.EqualTo(once.Low).Within(1e-12));
        Assert.That(repeated.High, Is.EqualTo(once.High).Within(1e-12));
    }

    [Test]
    public void Clusters_of_unequal_size_weigh_by_their_questions() =>
        Assert.That(Bootstrap.Mean([100, 0, 0, 0], ["a", "b", "b", "b"], seed: 1).Value, Is.EqualTo(25));

    [Test]
    public void Pairing_takes_out_what_the_questions_have_in_common()
    {
        var hard = Gaussians(200, seed: 8);
        double[] better = [.. hard.Select(v => v + 0.5)];
        var difference = Bootstrap.Difference(better, hard, Singles(200), seed: 2);
        Assert.That(difference.High - difference.Low, Is.LessThan(1e-9));
        Assert.That(difference.Value, Is.EqualTo(0.5).Within(1e-12));
    }

    [Test]
    public void The_same_seed_gives_the_same_interval()
    {
        var values = Gaussians(50, seed: 9);
        Interval[] drawn = [.. new ulong[] { 4, 4, 5 }.Select(seed => Bootstrap.Mean(values, Singles(50), seed))];
        Assert.That(drawn[1], Is.EqualTo(drawn[0]));
        Assert.That(drawn[2], Is.Not.EqualTo(drawn[0]));
    }

    [Test]
    public void Equal_values_have_no_width() =>
        Assert.That(Bootstrap.Mean([100, 100, 100], Singles(3), 1), Is.EqualTo(new Interval(100, 100, 100)));

    [Test]
    public void Nothing_has_no_mean() =>
        Assert.That(Assert.Throws<GraftException>(() => Bootstrap.Mean([], [], 1))!.Message, Does.Contain("no question"));

    static string[] Singles(int count) => [.. Enumerable.Range(0, count).Select(i => $"picture {i}")];

    static double[] Gaussians(int count, ulong seed)
    {
        var random = new DeterministicRandom(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextGaussian())];
    }
}
