using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Text;

namespace Grafting.Tests.Data;

/// <summary>Shuffle buffer, weights and ranks.</summary>
public class StreamTests
{
    [Test]
    public void Every_epoch_holds_each_sample_once_and_none_comes_before_the_buffer_reached_it()
    {
        const int count = 100, buffer = 10;
        var order = new ShuffleBuffer(1, count, buffer);
        int[][] epochs = [.. Enumerable.Range(0, 3).Select(_ => Enumerable.Range(0, count).Select(_ => order.Next()).ToArray())];
        foreach (var epoch in epochs)
        {
            Assert.That(epoch.Order(), Is.EqualTo(Enumerable.Range(0, count)));
            Assert.That(epoch.Index().All(drawn => drawn.Item < drawn.Index + buffer));
            Assert.That(epoch, Is.Not.EqualTo(Enumerable.Range(0, count)));
        }
        Assert.That(epochs[0], Is.Not.EqualTo(epochs[1]));
    }

    [Test]
    public void A_position_tells_the_same_sample_as_the_stream()
    {
        foreach (var (count, buffer) in ((int, int)[])[(7, 3), (5, 50), (20, 1), (1, 1)])
        {
            var (order, stream) = (new BufferedOrder(9, count, buffer), new ShuffleBuffer(9, count, buffer));
            Assert.That(
                Enumerable.Range(0, 3 * count).Select(k => order.At(k)),
                Is.EqualTo(Enumerable.Range(0, 3 * count).Select(_ => stream.Next())));
        }
        Assert.That(
            Enumerable.Range(0, 6).Select(k => new BufferedOrder(9, 3, 1).At(k)), Is.EqualTo(new[] { 0, 1, 2, 0, 1, 2 }),
            "a buffer of one keeps the order");
    }

    [Test]
    public void A_saved_state_goes_on_with_the_same_samples_from_any_place()
    {
        var whole = new ShuffleBuffer(4, 13, 5);
        int[] expected = [.. Enumerable.Range(0, 60).Select(_ => whole.Next())];
        for (var cut = 0; cut < 40; cut++)
        {
            var first = new ShuffleBuffer(4, 13, 5);
            for (var k = 0; k < cut; k++) first.Next();
            var saved = JsonSerializer.Serialize(first.State);
            first.Next();
            var second = ShuffleBuffer.From(JsonSerializer.Deserialize<ShuffleState>(saved)!);
            Assert.That(Enumerable.Range(cut, 60 - cut).Select(_ => second.Next()), Is.EqualTo(expected[cut..]), $"cut at {cut}");
        }
    }

    [Test]
    public void A_state_that_no_buffer_can_be_in_is_refused()
    {
        var state = new ShuffleBuffer(4, 13, 5).State;
        foreach (
            var damaged in (ShuffleState[])[
                state with { Read = 14 }, state with { Held = [0] }, state with { Read = 3, Held = [0, 0] },
                state with { Read = 3, Held = [7] }, state with { Epoch = -1 },
            ])
            Assert.That(Assert.Throws<GraftException>(() => ShuffleBuffer.From(damaged))!.Kind, Is.EqualTo(ErrorKind.Input));
    }

    [Test]
    public void Ranks_read_disjoint_parts_that_are_the_whole_order_together([Values(1, 2, 3, 8)] int world)
    {
        const int count = 24;
        Sample[] samples =
            [.. Enumerable.Range(0, count).Select(i => new Sample($"{i}", [], [new Turn(Role.User, "?"), new Turn(Role.Assistant, "!")]))];
        var streams = Enumerable.Range(0, world).Select(
            rank => new SampleStream(samples, new ShuffleBuffer(3, count, 6), new RankShard(rank, world))).ToList();
        string[] read = [.. Enumerable.Range(0, count / world).SelectMany(_ => streams.Select(stream => stream.Next().Id))];
        var alone = new SampleStream(samples, new ShuffleBuffer(3, count, 6), RankShard.Single);
        Assert.That(read, Is.EqualTo(Enumerable.Range(0, count).Select(_ => alone.Next().Id)), "the order of one process alone");
        Assert.That(read, Is.Unique);

        var saved = streams[^1].State;
        var next = new SampleStream(samples, ShuffleBuffer.From(saved), new RankShard(world - 1, world));
        Assert.That(next.Next().Id, Is.EqualTo(streams[^1].Next().Id));
    }

    [TestCase("RANK=1 WORLD_SIZE=4 SLURM_PROCID=0 SLURM_NTASKS=2", 1, 4, "torchrun")]
    [TestCase("SLURM_PROCID=3 SLURM_NTASKS=8 OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=1", 3, 8, "Slurm")]
    [TestCase("SLURM_PROCID=0 SLURM_NTASKS=8 SLURM_JOB_NAME=bash", 0, 1, "a single process")]
    [TestCase("OMPI_COMM_WORLD_RANK=2 OMPI_COMM_WORLD_SIZE=3", 2, 3, "Open MPI")]
    [TestCase("HOME=x", 0, 1, "a single process")]
    public void The_launcher_says_which_part(string environment, int rank, int world, string source) =>
        Assert.That(RankShard.FromEnvironment(Environment(environment)), Is.EqualTo(new RankShard(rank, world, source)));

    [TestCase("RANK=1", "WORLD_SIZE is not set")]
    [TestCase("RANK=4 WORLD_SIZE=4", "the rank (torchrun) is 4")]
    [TestCase("RANK=x WORLD_SIZE=4", "RANK is \"x\"")]
    [TestCase("RANK=0 WORLD_SIZE=0", "number of processes")]
    public void A_launcher_that_contradicts_itself_is_refused(string environment, string expected) =>
        Assert.That(
            Assert.Throws<GraftException>(() => RankShard.FromEnvironment(Environment(environment)))!.Message, Does.Contain(expected));

    [Test]
    public void Weights_become_the_smallest_whole_numbers_and_are_spread_evenly()
    {
        Assert.That(MixWeights.Whole([0.7, 0.3]), Is.EqualTo(new[] { 7, 3 }));
        Assert.That(MixWeights.Whole([2, 4, 6]), Is.EqualTo(new[] { 1, 2, 3 }));
        Assert.That(MixWeights.Whole([0.5, 0.125]), Is.EqualTo(new[] { 4, 1 }));
        var order = new MixOrder(MixWeights.Whole([0.7, 0.3]));
        var sources = Enumerable.Range(0, 1000).Select(k => order.At(k)).ToList();
        Assert.That(sources.Count(taken => taken.Source == 0), Is.EqualTo(700));
        Assert.That(
            Enumerable.Range(0, 990).All(k => sources.Skip(k).Take(10).Count(taken => taken.Source == 1) is >= 2 and <= 4),
            "in any ten in a row about three");
        foreach (var source in (int[])[0, 1])
        {
            long[] positions = [.. sources.Where(taken => taken.Source == source).Select(taken => taken.Position)];
            Assert.That(positions, Is.EqualTo(Enumerable.Range(0, positions.Length)), "each source in its own order, epoch after epoch");
        }
    }

    [Test]
    public void Weights_that_cannot_be_kept_are_refused()
    {
        foreach (var weights in (double[][])[[], [0], [1, -1], [0.33333333, 0.5], [2_000_000]])
            Assert.Throws<GraftException>(() => MixWeights.Whole(weights));
    }

    static Func<string, string?> Environment(string variables)
    {
        var known = variables.Split(' ').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        return name => known.GetValueOrDefault(name);
    }
}
