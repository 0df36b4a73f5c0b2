using Grafting.Core;
using Grafting.Surrogates;

namespace Grafting.Tests.Surrogates;

public class CutRequestTests
{
    static void Refused(TestDelegate cut, string because) => Assert.That(
        cut, Throws.TypeOf<GraftException>().With.Message.Contains(because).And.Property(nameof(GraftException.Kind)).EqualTo(ErrorKind.Usage)
            .And.Property(nameof(GraftException.Remedy)).Not.Null);

    [TestCase(80, 8, 6, 79)]
    [TestCase(80, 3, 1, 79)]
    [TestCase(80, 79, 77, 79)]
    [TestCase(4, 3, 1, 3)]
    public void Layers_count_those_in_front_the_translator_and_the_last(int target, int layers, int begin, int end) =>
        Assert.That(CutRequest.Layers(layers).Resolve(target), Is.EqualTo((begin, end)));

    // The published ranges, as python's range() in the reference's configurations.
    [TestCase(80, "40-78", 40, 79)]
    [TestCase(32, "17-30", 17, 31)]
    [TestCase(28, "16-26", 16, 27)]
    [TestCase(36, "22-34", 22, 35)]
    [TestCase(10, "1-2", 1, 3)]
    public void A_range_is_replaced_as_in_the_paper(int target, string range, int begin, int end) =>
        Assert.That(CutRequest.Parse(null, range).Resolve(target), Is.EqualTo((begin, end)));

    [TestCase(8, 2, "is too few")]
    [TestCase(8, 0, "is too few")]
    [TestCase(8, -1, "is too few")]
    [TestCase(8, 8, "removes nothing: the target has 8 layers")]
    [TestCase(8, 9, "removes nothing")]
    [TestCase(3, 3, "needs at least 4")]
    public void An_impossible_number_of_layers_is_refused_with_the_reason(int target, int layers, string because) =>
        Refused(() => CutRequest.Layers(layers).Resolve(target), because);

    [TestCase("5-4", "runs backwards")]
    [TestCase("4-4", "replaces a single layer")]
    [TestCase("4-8", "reaches beyond the target, whose layers are 0 to 7")]
    [TestCase("4-7", "takes the target's last layer")]
    [TestCase("0-3", "leaves no layer in front")]
    public void An_impossible_range_is_refused_with_the_reason(string range, string because) =>
        Refused(() => CutRequest.Parse(null, range).Resolve(8), because);

    [TestCase("")]
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
