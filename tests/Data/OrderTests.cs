using Grafting.Core;
using Grafting.Core.Data;

namespace Grafting.Tests.Data;

public class OrderTests
{
    [Test]
    public void Every_epoch_holds_every_sample_once_in_a_new_order()
    {
        var order = new SampleOrder(seed: 7, count: 50);
        int[][] epochs =
            [.. Enumerable.Range(0, 4).Select(epoch => Enumerable.Range(0, 50).Select(k => order.At(50L * epoch + k)).ToArray())];
        foreach (var epoch in epochs) Assert.That(epoch, Is.EquivalentTo(Enumerable.Range(0, 50)));
        Assert.That(epochs.Select(epoch => string.Join(',', epoch)).Distinct().Count(), Is.EqualTo(4));
    }

    [Test]
    public void A_position_gives_the_same_sample_whatever_was_asked_before()
    {
        var forward = new SampleOrder(3, 17);
        int[] expected = [.. Enumerable.Range(0, 100).Select(k => forward.At(k))];
        var backward = new SampleOrder(3, 17);
        for (int k = 99; k >= 0; k--) Assert.That(backward.At(k), Is.EqualTo(expected[k]));
        var shared = new SampleOrder(3, 17);
        Parallel.For(0, 1000, k => Assert.That(shared.At(k % 100), Is.EqualTo(expected[k % 100])));
        Assert.That(Enumerable.Range(0, 100).Select(k => new SampleOrder(4, 17).At(k)), Is.Not.EqualTo(expected), "another seed");
    }

    [Test]
    public void The_order_never_changes_between_versions()
    {
        var order = new SampleOrder(1337, 10);
        Assert.That(Enumerable.Range(0, 20).Select(k => order.At(k)), Is.EqualTo(s_pinned));
    }

    /// <summary>A run that is resumed with a later version has to see the same samples.</summary>
    static readonly int[] s_pinned = [6, 3, 1, 7, 9, 8, 4, 0, 5, 2, 8, 1, 4, 5, 0, 6, 3, 9, 7, 2];

    [Test]
    public void A_mix_takes_from_the_source_that_lags_behind()
    {
        Assert.That(EvenMix.Order([4, 2]), Is.EqualTo(new[] { (0, 0), (1, 0), (0, 1), (0, 2), (1, 1), (0, 3) }));
        Assert.That(EvenMix.Order([0, 2, 1]), Is.EqualTo(new[] { (1, 0), (2, 0), (1, 1) }));
        Assert.That(EvenMix.Order([]), Is.Empty);
    }

    [Test]
    public void Every_stretch_of_a_mix_holds_the_sources_in_proportion()
    {
        int[] counts = [62_461, 50_000, 12];
        var mix = EvenMix.Order(counts).ToArray();
        Assert.That(mix, Has.Length.EqualTo(counts.Sum()));
        var taken = new int[3];
        for (int i = 0; i < mix.Length; i++)
        {
            Assert.That(mix[i].Index, Is.EqualTo(taken[mix[i].Source]++), "each source in its own order");
            for (int source = 0; source < 3; source++)
            {
                double due = (double)(i + 1) * counts[source] / mix.Length;
                if (Math.Abs(taken[source] - due) > 2)
                    Assert.Fail($"after {i + 1} samples source {source} gave {taken[source]}, due were {due}");
            }
        }
    }

    [Test]
    public void The_published_data_give_every_batch_142_or_143_pictures_and_pass_once()
    {
        const int Pictures = 624_610, Texts = 500_000, Batch = 256, Steps = 4393;
        var mix = new MixOrder([Pictures, Texts]);
        var seen = new System.Collections.BitArray(Pictures + Texts);
        var batches = new SortedDictionary<int, int>();
        for (long step = 0; step < Steps; step++)
        {
            int pictures = 0;
            for (long k = step * Batch; k < (step + 1) * Batch; k++)
            {
                var (source, position) = mix.At(k);
                if (source == 0) pictures++;
                int sample = (int)position + source * Pictures;
                if (seen[sample]) Assert.Fail($"position {k} gives sample {sample} again");
                seen[sample] = true;
            }
            batches[pictures] = batches.GetValueOrDefault(pictures) + 1;
        }
        // 4393 · 256 · 624,610 / 1,124,610 = 624,608.9 pictures are due.
        Assert.That(batches.Keys, Is.EqualTo(new[] { 142, 143 }));
        Assert.That(batches[142] + batches[143], Is.EqualTo(Steps));
        Assert.That(142 * batches[142] + 143 * batches[143], Is.EqualTo(Pictures - 1).Within(1));
    }

    [Test]
    public void The_first_picks_are_those_of_the_published_rule()
    {
        int[] counts = [624_610, 500_000];
        var mix = new MixOrder(counts);
        // The rule as published, with shares in floating point: of the sources, the one of which the least has been taken for its
        // proportion.
        double[] proportions = [.. counts.Select(count => (double)count / counts.Sum())];
        var taken = new long[2];
        for (int k = 0; k < 50; k++)
        {
            int next = taken[0] / proportions[0] <= taken[1] / proportions[1] ? 0 : 1;
            Assert.That(mix.At(k), Is.EqualTo((next, taken[next]++)), $"pick {k}");
        }
    }

    [Test]
    public void A_mix_goes_on_with_the_next_epoch_of_each_source()
    {
        var mix = new MixOrder([3, 0, 2]);
        Assert.That(
            Enumerable.Range(0, 10).Select(k => mix.At(k)),
            Is.EqualTo(new[] { (0, 0L), (2, 0), (0, 1), (2, 1), (0, 2), (0, 3), (2, 2), (0, 4), (2, 3), (0, 5) }));
        Assert.Throws<GraftException>(() => new MixOrder([0, 0]));
    }

    /// <summary>
    /// Positions from Python's hashlib: the first eight bytes of the SHA-256, little-endian, their highest 53 bits as a fraction.
    /// </summary>
    [TestCase("picture 0", 0.39863939021534556)]
    [TestCase("größer.png", 0.5919830763863639)]
    [TestCase("", 0.07856730191521666)]
    public void Which_side_of_the_split_a_sample_is_on_never_changes_between_versions(string group, double position) =>
        Assert.That(SampleSplit.PositionOf(group), Is.EqualTo(position));

    [Test]
    public void The_split_holds_out_about_the_share_of_the_groups()
    {
        double[] positions = [.. Enumerable.Range(0, 2000).Select(i => SampleSplit.PositionOf($"picture {i}"))];
        Assert.That(positions.Count(position => SampleSplit.IsHeldOut(position, 0.1)), Is.EqualTo(200).Within(40));
        Assert.That(positions.Count(position => SampleSplit.IsHeldOut(position, 0)), Is.Zero);
    }

    [Test]
    public void A_share_outside_reason_is_refused() => Assert.Throws<GraftException>(() => SampleSplit.IsHeldOut(0.5, 1));
}
