using Grafting.Core;

namespace Grafting.Tests.Errors;

public class FaultTests
{
    [Test]
    public void A_value_outside_its_range_is_named_with_the_range()
    {
        var layers = 0;
        var fault = Assert.Throws<GraftException>(() => Fault.IfOutside(layers, 1, 9));
        Assert.Multiple(() =>
        {
            Assert.That(fault!.Message, Is.EqualTo("layers is 0; it must be between 1 and 9."));
            Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Usage));
        });
    }

    [Test]
    public void Not_a_number_is_outside_every_range() =>
        Assert.Throws<GraftException>(() => Fault.IfOutside(double.NaN, 0, 1));
}
