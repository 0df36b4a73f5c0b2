using Grafting.Core.Data;
using Grafting.Core.Text;

namespace Grafting.Tests.Data;

public class HashOrderTests
{
    static readonly Sample[] Samples =
        [.. Enumerable.Range(0, 400).Select(i => new Sample($"s{i}", [], [new Turn(Role.User, "?"), new Turn(Role.Assistant, "!")]))];

    [Test]
    public void Every_sample_stands_in_it_once() => Assert.That(HashOrder.Of(Samples, 1).Order(), Is.EqualTo(Enumerable.Range(0, 400)));

    [Test]
    public void It_does_not_depend_on_the_order_of_the_file()
    {
        Sample[] reversed = [.. Samples.Reverse()];
        Assert.That(HashOrder.Of(reversed, 1).Select(i => reversed[i].Id), Is.EqualTo(HashOrder.Of(Samples, 1).Select(i => Samples[i].Id)));
    }

    [Test]
    public void Another_seed_gives_another_order_and_the_front_is_a_fair_draw()
    {
        var (one, two) = (HashOrder.Of(Samples, 1), HashOrder.Of(Samples, 2));
        // Of 40 each, 4 are expected in both; 12 are beyond four standard deviations.
        Assert.That(one[..40].Intersect(two[..40]).Count(), Is.LessThan(12));
        // The mean of 40 of the numbers 0 to 399 has a standard deviation of 17.
        Assert.That(one[..40].Average(), Is.EqualTo(199.5).Within(70));
    }

    [Test]
    public void Samples_that_share_an_id_stand_as_in_the_file() =>
        Assert.That(HashOrder.Of([Samples[0], Samples[0], Samples[0]], 1), Is.EqualTo(new[] { 0, 1, 2 }));
}
