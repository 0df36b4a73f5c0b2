using Grafting.Core;
using Grafting.Surrogates;

namespace Grafting.Tests.Surrogates;

public class CutRequestTests
{
    static void Refused(TestDelegate cut, string because) => Assert.That(
        cut,
        Throws.TypeOf<GraftException>().With.Message.Contains(because).And.Property(nameof(GraftException.Kind)).EqualTo(ErrorKind.Usage)
            .And.Property(nameof(GraftException.Remedy)).Not.Null);

    [TestCase(80, 8, 6, 79)]
    [TestCase(80, 3, 1, 79)]
    [TestCase(80, 79, 77, 79)]
    [TestCase(4, 3, 1, 3)]
    public void Layers_count_those_in_front_the_translator_and_the_last(int target, int layers, int begin, int end) =>
        Assert.That(CutRequest.Layers(layers).Resolve(target), Is.EqualTo(new[] { new LayerRange(begin, end - 1) }));

    [TestCase(80, 42, 1, 1, "40-78")]
    [TestCase(80, 44, 2, 2, "40-77")]
    [TestCase(10, 8, 3, 4, "1-5")]
    public void Layers_count_all_translators_and_all_kept_last_ones(
        int target, int layers, int translators, int last, string range) => Assert.That(
        (CutRequest.Layers(layers) with { Translators = translators, KeepLast = last }).Resolve(target).Single().ToString(),
        Is.EqualTo(range));

    // The published ranges, as python's range() in the reference's configurations.
    [TestCase(80, "40-78", 40, 79)]
    [TestCase(32, "17-30", 17, 31)]
    [TestCase(28, "16-26", 16, 27)]
    [TestCase(36, "22-34", 22, 35)]
    [TestCase(10, "1-2", 1, 3)]
    public void A_range_is_replaced_as_in_the_paper(int target, string range, int begin, int end) =>
        Assert.That(CutRequest.Parse(null, range).Resolve(target), Is.EqualTo(new[] { new LayerRange(begin, end - 1) }));

    [Test]
    public void Several_ranges_are_replaced_in_order()
    {
        var cut = CutRequest.Parse(null, "16-26, 40-78") with { Translators = 2 };
        Assert.That(cut.Resolve(80), Is.EqualTo(new[] { new LayerRange(16, 26), new LayerRange(40, 78) }));
        Assert.That(cut.ToString(), Is.EqualTo("--replace 16-26,40-78 --translators 2"));
    }

    [TestCase(11, 3, "0-2 3-6 7-10")]
    [TestCase(4, 4, "0-0 1-1 2-2 3-3")]
    [TestCase(5, 1, "0-4")]
    public void A_range_is_shared_out_evenly(int count, int parts, string shares) =>
        Assert.That(string.Join(' ', new LayerRange(0, count - 1).Split(parts)), Is.EqualTo(shares));

    [TestCase(8, 2, "is too few")]
    [TestCase(8, 0, "is too few")]
    [TestCase(8, -1, "is too few")]
    [TestCase(8, 8, "removes nothing: the target has 8 layers")]
    [TestCase(8, 9, "removes nothing")]
    [TestCase(3, 3, "needs at least 4")]
    public void An_impossible_number_of_layers_is_refused_with_the_reason(int target, int layers, string because) =>
        Refused(() => CutRequest.Layers(layers).Resolve(target), because);

    [TestCase("5-4", "runs backwards")]
    [TestCase("4-4", "replaces 1 layer by 1 translator, which makes nothing smaller")]
    [TestCase("4-8", "reaches beyond the target, whose layers are 0 to 7")]
    [TestCase("4-7", "takes the target's last layer")]
    [TestCase("0-3", "leaves no layer in front")]
    [TestCase("4-5,1-2", "stands behind 4-5")]
    [TestCase("1-4,4-5", "overlaps with 1-4")]
    [TestCase("1-4,2-3", "overlaps with 1-4")]
    [TestCase("1-2,4-7", "takes the target's last layer")]
    public void An_impossible_range_is_refused_with_the_reason(string range, string because) =>
        Refused(() => CutRequest.Parse(null, range).Resolve(8), because);

    [TestCase(0, 1, "--translators is 0")]
    [TestCase(-1, 1, "--translators is -1")]
    [TestCase(1, 0, "--keep-last is 0")]
    [TestCase(3, 1, "replaces 3 layers by 3 translators")]
    [TestCase(1, 3, "takes one of the target's last 3 layers")]
    public void An_impossible_number_of_translators_or_kept_layers_is_refused(int translators, int last, string because) =>
        Refused(() => (CutRequest.Replace(3, 5) with { Translators = translators, KeepLast = last }).Resolve(8), because);

    [TestCase(4, 1, "needs at least 7")]
    [TestCase(1, 6, "needs at least 9")]
    public void A_target_that_is_too_shallow_is_refused(int translators, int last, string because) =>
        Refused(() => (CutRequest.Layers(5) with { Translators = translators, KeepLast = last }).Resolve(6), because);

    [Test]
    public void Exactly_the_possible_cuts_of_any_depth_are_taken()
    {
        var random = new Random(7);
        var (taken, refused) = (0, 0);
        for (var trial = 0; trial < 20_000; trial++)
        {
            var depth = random.Next(1, 101);
            var (translators, last) = (random.Next(0, 4), random.Next(0, 4));
            var ranges = new List<LayerRange>();
            for (var count = random.Next(1, 4); count > 0; count--)
            {
                var first = random.Next(0, depth + 1);
                ranges.Add(new LayerRange(first, first + random.Next(-1, Math.Max(2, depth / 2))));
            }
            if (random.Next(3) > 0) ranges.Sort((a, b) => a.First.CompareTo(b.First));
            var cut = CutRequest.Replace(ranges) with { Translators = translators, KeepLast = last };
            // Said anew, layer by layer: each layer is replaced at most once, in order, and none of the first and the last ones is.
            var replaced = ranges.SelectMany(range => Enumerable.Range(range.First, Math.Max(0, range.Count))).ToList();
            var possible = translators >= 1 && last >= 1 && ranges.All(range => range.Count > translators)
                && replaced.SequenceEqual(replaced.Distinct().Order()) && replaced[0] > 0 && replaced[^1] < depth - last;
            if (possible)
            {
                Assert.That(cut.Resolve(depth), Is.EqualTo(ranges), $"{cut}, {depth} layers");
                taken++;
            }
            else
            {
                Refused(() => cut.Resolve(depth), "--");
                refused++;
            }
        }
        Assert.That(taken, Is.GreaterThan(500));
        Assert.That(refused, Is.GreaterThan(500));
    }

    [TestCase("")]
    [TestCase(",")]
    [TestCase("1-2,")]
    [TestCase("1-2,3")]
    [TestCase("4")]
    [TestCase("4-")]
    [TestCase("-4")]
    [TestCase("4..6")]
    [TestCase("a-b")]
    [TestCase("1-2-3")]
    [TestCase("1-99999999999")]
    public void A_range_that_is_none_is_refused(string range) => Refused(() => CutRequest.Parse(null, range), "is not a range of layers");

    [Test]
    public void Exactly_one_form_is_wanted()
    {
        Refused(() => CutRequest.Parse(null, null), "Give either");
        Refused(() => CutRequest.Parse(8, "4-5"), "Give either");
        Assert.That(CutRequest.Parse(8, null).ToString(), Is.EqualTo("--layers 8"));
        Assert.That(CutRequest.Parse(null, "4-5").ToString(), Is.EqualTo("--replace 4-5"));
    }
}
