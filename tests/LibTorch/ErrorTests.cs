using System.Runtime.InteropServices;
using Grafting.LibTorch;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.LibTorch;

/// <summary>No C++ exception crosses the border; each becomes a typed one that says what was asked of what.</summary>
public class ErrorTests : InScope
{
    [Test]
    public void A_product_of_shapes_that_do_not_fit_names_operation_shapes_and_dtypes()
    {
        var error = Assert.Throws<TorchArgumentException>(() => ones(2, 3).matmul(ones(4, 5, ScalarType.Float64)))!;
        Assert.Multiple(() =>
        {
            Assert.That(error.Operation, Is.EqualTo("matmul"));
            Assert.That(error.Message, Does.StartWith("matmul: ").And.Contain("Float[2, 3]").And.Contain("Double[4, 5]"));
            Assert.That(error.Message, Does.Not.Contain("Exception raised from"), "libtorch's own stack is noise here");
            Assert.That(error, Is.InstanceOf<ExternalException>(), "what TorchSharp throws");
        });
    }

    [Test]
    public void An_operation_in_place_fails_the_same_way() =>
        Assert.That(() => ones(2).add_(ones(3)), Throws.TypeOf<TorchArgumentException>().With.Message.StartsWith("add_: "));

    [Test]
    public void An_index_outside_its_dimension_is_an_index_error()
    {
        Assert.Multiple(() =>
        {
            Assert.That(() => ones(2)[5], Throws.TypeOf<TorchIndexException>());
            Assert.That(() => ones(2).sum(3), Throws.TypeOf<TorchIndexException>().With.Message.Contain("Float[2]"));
            Assert.That(() => ones(2).size(4), Throws.TypeOf<TorchIndexException>());
        });
    }

    [Test]
    public void Memory_that_cannot_be_had_is_its_own_error()
    {
        Assert.Multiple(() =>
        {
            Assert.That(() => empty(1L << 50), Throws.TypeOf<TorchOutOfMemoryException>());
            Assert.That(() => empty(1L << 62), Throws.TypeOf<TorchOutOfMemoryException>());
            Assert.That(() => ones(1).expand(1L << 50).clone(), Throws.TypeOf<TorchOutOfMemoryException>());
        });
    }

    [Test]
    public void What_libtorch_lacks_says_so() =>
        Assert.That(
            () => ones(2, 2, ScalarType.Int64).matmul(ones(2, 2, ScalarType.Float32)), Throws.InstanceOf<TorchException>());

    [Test]
    public void Failures_leave_nothing_behind()
    {
        var a = ones(2, 3);
        var before = Tensor.TotalCount;
        for (var i = 0; i < 100; i++) Assert.That(() => a.matmul(a), Throws.InstanceOf<ExternalException>());
        Assert.That(Tensor.TotalCount, Is.EqualTo(before));
        Assert.That((a + a).sum().item<float>(), Is.EqualTo(12), "and the next operation works");
    }

    [Test]
    public void Each_thread_reads_its_own_failure()
    {
        Parallel.For(0, 8, i =>
        {
            for (var n = 0; n < 50; n++)
            {
                using var tensor = ones(i + 1);
                var error = Assert.Throws<TorchArgumentException>(() => tensor.view(100))!;
                Assert.That(error.Message, Does.Contain($"Float[{i + 1}]"));
            }
        });
    }

    [Test]
    public void A_disposed_tensor_is_refused_before_C_plus_plus_sees_it()
    {
        var tensor = ones(2);
        tensor.Dispose();
        Assert.Multiple(() =>
        {
            Assert.That(() => tensor.add(1), Throws.TypeOf<ObjectDisposedException>());
            Assert.That(() => tensor.shape, Throws.TypeOf<ObjectDisposedException>());
            Assert.That(() => ones(2).add(tensor), Throws.TypeOf<ObjectDisposedException>());
        });
    }

    [Test]
    public void Reading_elements_as_another_type_is_refused()
    {
        Assert.Multiple(() =>
        {
            Assert.That(() => ones(2).data<double>(), Throws.ArgumentException);
            Assert.That(() => ones(1).item<long>(), Throws.ArgumentException);
            Assert.That(() => ones(2).item<float>(), Throws.ArgumentException);
        });
    }
}
