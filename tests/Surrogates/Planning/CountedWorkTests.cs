using Grafting.Core.Training;
using Grafting.Surrogates.Planning;
using Grafting.Tests.Training;

namespace Grafting.Tests.Surrogates.Planning;

/// <summary>Operations of a loaded model, against an enumeration of every product of matrices that a step makes.</summary>
public class CountedWorkTests
{
    // Two pictures of 4 patches in one conversation of 13 and one of 10 positions, and a text of 7; 9 supervised tokens.
    static readonly WorkCounts Counts = new(13 + 10 + 7, 169 + 100 + 49, 9, 2);

    /// <param name="Rows">Of the vectors that are multiplied.</param>
    /// <param name="Part">Where it stands, for what trains.</param>
    /// <param name="Weight">Whether the second factor is a parameter; else both are activations.</param>
    sealed record Product(string Part, double Rows, double Inner, double Columns, bool Weight);

    // The sizes are those in Tiny: tower of width 12 and 24 inside, 4 patches and a class token, no class token to the adapter; decoder of
    // width 16 and 24 inside, 4 heads and 2 of keys and values, each 4 wide; 3 layers, 40 words.
    static IEnumerable<Product> Products(bool pictures)
    {
        if (pictures)
        {
            yield return new("patches", 2 * 4, 3 * 4 * 4, 12, true);
            for (var block = 0; block < 2; block++)
            {
                for (var matrix = 0; matrix < 4; matrix++) yield return new($"block {block}", 2 * 5, 12, 12, true);
                yield return new($"block {block}", 2 * 5, 12, 24, true);
                yield return new($"block {block}", 2 * 5, 24, 12, true);
                for (var picture = 0; picture < 2; picture++)
                {
                    for (var head = 0; head < 2; head++)
                    {
                        yield return new($"block {block}", 5, 6, 5, false);
                        yield return new($"block {block}", 5, 5, 6, false);
                    }
                }
            }
            yield return new("adapter 0", 2 * 4, 12, 16, true);
            yield return new("adapter 1", 2 * 4, 16, 16, true);
        }
        for (var layer = 0; layer < 3; layer++)
        {
            foreach (var (inner, columns) in new[] { (16, 16), (16, 8), (16, 8), (16, 16), (16, 24), (16, 24), (24, 16) })
                yield return new($"layer {layer}", 30, inner, columns, true);
            foreach (var length in new[] { 13, 10, 7 })
            {
                for (var head = 0; head < 4; head++)
                {
                    yield return new($"layer {layer}", length, 4, length, false);
                    yield return new($"layer {layer}", length, length, 4, false);
                }
            }
        }
        yield return new("head", 9, 16, 40, true);
    }

    static double Flops(Product product) => 2 * product.Rows * product.Inner * product.Columns;

    /// <summary>
    /// Forward; then for each product the gradient of its first factor where one is needed, and of the second where it trains or is an
    /// activation.
    /// </summary>
    static (double Forward, double Backward) Enumerate(bool pictures, Func<string, bool> gradientThrough, Func<string, bool> trains)
    {
        var (forward, backward) = (0.0, 0.0);
        foreach (var product in Products(pictures))
        {
            forward += Flops(product);
            if (gradientThrough(product.Part)) backward += Flops(product);
            if (product.Weight ? trains(product.Part) : gradientThrough(product.Part)) backward += Flops(product);
        }
        return (forward, backward);
    }

    static ComputeNeed Count(WorkCounts counts, bool recompute, params TrainedPart[] train)
    {
        using var tiny = new Tiny();
        tiny.Model.Choose(train);
        return ComputeNeed.Of(ModelMatrices.Of(tiny.Model), counts, recompute);
    }

    [Test]
    public void Stage_1_passes_gradients_through_everything_behind_the_towers_last_norm()
    {
        var (forward, backward) = Enumerate(true, part => !part.StartsWith("block", StringComparison.Ordinal) && part != "patches",
            part => part.StartsWith("adapter", StringComparison.Ordinal) || part == "layer 1");
        var need = Count(
            Counts, false, new() { Part = "adapter" }, new() { Part = "boundary" }, new() { Part = "tower-norm" },
            new() { Part = "translator" });
        Assert.That((need.Forward, need.Backward, need.Recompute), Is.EqualTo((forward, backward, 0.0)));
    }

    [Test]
    public void An_adapter_over_a_frozen_tower_needs_no_gradient_of_what_enters_it()
    {
        var (forward, backward) = Enumerate(
            true, part => part == "adapter 1" || part.StartsWith("layer", StringComparison.Ordinal) || part == "head",
            part => part.StartsWith("adapter", StringComparison.Ordinal));
        var need = Count(Counts, false, new TrainedPart { Part = "adapter" });
        Assert.That((need.Forward, need.Backward), Is.EqualTo((forward, backward)));
    }

    [Test]
    public void Stage_2_trains_the_last_block_and_what_stands_behind_it()
    {
        var (forward, backward) = Enumerate(
            true, part => part is not ("patches" or "block 0"),
            part => part == "block 1" || part.StartsWith("adapter", StringComparison.Ordinal));
        var need = Count(Counts, false, new() { Part = "tower", LastBlocks = 1 }, new() { Part = "adapter" });
        Assert.That((need.Forward, need.Backward), Is.EqualTo((forward, backward)));
    }

    [Test]
    public void Text_alone_passes_no_gradient_below_the_first_layer_that_trains()
    {
        var (forward, backward) = Enumerate(false, part => part is "layer 1" or "layer 2" or "head", part => part == "layer 1");
        var need = Count(Counts with { Pictures = 0 }, false, new() { Part = "translator" }, new() { Part = "adapter" });
        Assert.That((need.Forward, need.Backward), Is.EqualTo((forward, backward)));
    }

    [Test]
    public void Everything_that_trains_gets_both_gradients_and_the_pixels_none()
    {
        var (forward, backward) = Enumerate(true, part => part != "patches", _ => true);
        var need = Count(
            Counts, false, new() { Part = "tower" }, new() { Part = "adapter" }, new() { Part = "boundary" }, new() { Part = "decoder" });
        Assert.That((need.Forward, need.Backward), Is.EqualTo((forward, backward)));
    }

    [Test]
    public void A_pattern_of_names_counts_what_it_matches()
    {
        var (_, backward) = Enumerate(false, part => part is "layer 2" or "head", _ => false);
        var need = Count(Counts with { Pictures = 0 }, false, new TrainedPart { Match = "decoder.layers.2.feed_forward.down.weight" });
        Assert.That(need.Backward, Is.EqualTo(backward + (2 * 30 * 24 * 16)));
    }

    [Test]
    public void Recomputation_adds_the_forward_pass_of_the_layers()
    {
        var layers = Products(true).Where(product => product.Part.StartsWith("layer", StringComparison.Ordinal)).Sum(Flops);
        var (plain, again) = (
            Count(Counts, false, new TrainedPart { Part = "adapter" }), Count(Counts, true, new TrainedPart { Part = "adapter" }));
        Assert.That(again, Is.EqualTo(plain with { Recompute = layers }));
    }

    [Test]
    public void A_step_counts_positions_and_pairs_of_its_conversations_and_no_padding()
    {
        var samples = Tiny.Samples(3, 2);
        using var tiny = new Tiny();
        // A picture stands for 4 tokens and two boundary vectors.
        var lengths = samples.Select(sample => sample.Chat.Ids.Length + (5 * sample.Pictures.Count)).ToList();
        foreach (var (size, row) in new[] { (5, 24), (2, 1), (1, 200) })
        {
            var batch = StepBatch.Build(samples, Tiny.Stage("s", 1) with { MicroBatch = size, RowLength = row }, tiny.Model.ImageTokens);
            Assert.That(batch.Parts.Sum(part => part.Packed.Pairs), Is.EqualTo(lengths.Sum(n => n * n)));
            Assert.That(batch.Tokens, Is.EqualTo(lengths.Sum()));
        }
    }
}
