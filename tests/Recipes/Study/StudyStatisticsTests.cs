using Grafting.Core.Evaluation;
using Grafting.Core.Numerics;
using Grafting.Recipes.Study;

namespace Grafting.Tests.Recipes.Study;

public class StudyStatisticsTests
{
    [Test]
    public void With_one_seed_the_interval_is_that_of_the_bootstrap_over_pictures()
    {
        var values = Gaussians(400, seed: 1);
        var mean = values.Average();
        var halfWidth = 1.96 * Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / values.Length / values.Length);
        var interval = StudyStatistics.Mean(new StudySample([values], Pictures(400)));
        Assert.Multiple(() =>
        {
            Assert.That(interval.Value, Is.EqualTo(mean).Within(1e-12));
            // 2000 resamples place a quantile to about a twentieth of the half width.
            Assert.That(interval.Low, Is.EqualTo(mean - halfWidth).Within(0.1 * halfWidth));
            Assert.That(interval.High, Is.EqualTo(mean + halfWidth).Within(0.1 * halfWidth));
        });
    }

    [Test]
    public void Variances_over_seeds_and_over_pictures_add_up()
    {
        // Each value is the sum of its seed's and its picture's own number: the mean's variance is the sum of both means' variances.
        var (bySeed, byPicture) = (Gaussians(40, seed: 2), Gaussians(60, seed: 3));
        var sample = new StudySample([.. bySeed.Select(s => byPicture.Select(p => s + p).ToArray())], Pictures(60));
        var halfWidth = 1.96 * Math.Sqrt(Variance(bySeed) / 40 + Variance(byPicture) / 60);
        var interval = StudyStatistics.Mean(sample);
        Assert.That((interval.High - interval.Low) / 2, Is.EqualTo(halfWidth).Within(0.1 * halfWidth));
    }

    [Test]
    public void Two_seeds_that_contradict_each_other_leave_everything_open()
    {
        var interval = StudyStatistics.Mean(new StudySample([[100, 100, 100], [0, 0, 0]], Pictures(3)));
        Assert.That(interval, Is.EqualTo(new Interval(50, 0, 100)));
    }

    [Test]
    public void The_sign_test_gives_the_share_of_sign_patterns_that_reach_as_far()
    {
        // Of the 64 patterns of six equal distances, two are as far from 0 as all of one sign.
        var p = StudyStatistics.SignFlip(new StudySample([[1, 1, 1, 1, 1, 1]], Pictures(6)));
        Assert.That(p, Is.EqualTo(2 / 64.0).Within(0.006), "three standard errors of 9999 draws");
    }

    [Test]
    public void The_sign_test_counts_a_picture_once_however_many_questions_and_seeds_it_has()
    {
        string[] pictures = ["a", "a", "b", "b"];
        var p = StudyStatistics.SignFlip(new StudySample([[1, 1, 1, 1], [1, 1, 1, 1]], pictures));
        Assert.That(p, Is.EqualTo(0.5).Within(0.016), "of four patterns of two pictures, two are as far");
    }

    [Test]
    public void A_mean_at_the_threshold_is_no_evidence_against_it() =>
        Assert.That(StudyStatistics.SignFlip(new StudySample([[3, 5]], Pictures(2)), threshold: 4), Is.EqualTo(1));

    [Test]
    public void Holms_adjustment_is_that_of_the_hand_computation()
    {
        // Sorted 0.01, 0.02, 0.03, 0.04: times 4, 3, 2, 1, and never less than the one before.
        var adjusted = StudyStatistics.Holm([0.04, 0.01, 0.03, 0.02]);
        Assert.That(adjusted, Is.EqualTo(new[] { 0.06, 0.04, 0.06, 0.06 }).Within(1e-12));
    }

    [Test]
    public void No_adjusted_value_is_above_one() => Assert.That(StudyStatistics.Holm([0.9, 0.8]), Is.EqualTo(new[] { 1.0, 1.0 }));

    static double Variance(double[] values) => values.Sum(v => (v - values.Average()) * (v - values.Average())) / values.Length;

    static double[] Gaussians(int count, ulong seed)
    {
        var random = new DeterministicRandom(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextGaussian())];
    }

    static string[] Pictures(int count) => [.. Enumerable.Range(0, count).Select(i => $"{i}")];
}
