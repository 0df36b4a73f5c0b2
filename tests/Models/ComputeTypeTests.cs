using Grafting.Core;
using Grafting.Core.Models;
using static TorchSharp.torch;

namespace Grafting.Tests.Models;

[TestFixture]
sealed class ComputeTypeTests
{
    [TestCase(ScalarType.Float32)]
    [TestCase(ScalarType.Float64)]
    [TestCase(ScalarType.BFloat16)]
    public void The_processor_calculates_in_these(ScalarType dtype) => Assert.DoesNotThrow(() => ComputeType.Require(CPU, dtype));

    /// <summary>
    /// Older libtorch has no float16 product on the processor, newer has: the answer must be what the product itself says.
    /// </summary>
    [Test]
    public void Float16_is_refused_exactly_where_its_product_is_not_there()
    {
        Exception? failure = null;
        using (var scope = NewDisposeScope())
        {
            var x = ones([3, 3], ScalarType.Float16);
            try
            {
                x.mm(x);
            }
            catch (System.Runtime.InteropServices.ExternalException error)
            {
                failure = error;
            }
        }
        if (failure is null) Assert.DoesNotThrow(() => ComputeType.Require(CPU, ScalarType.Float16));
        else Assert.That(
            () => ComputeType.Require(CPU, ScalarType.Float16),
            Throws.TypeOf<GraftException>().With.Message.Contains("float16").And.Message.Contains("CPU"));
    }
}
