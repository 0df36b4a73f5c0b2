using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.TensorApi;

/// <summary>Who owns which reference. The code leans on this, and both providers must do the same.</summary>
public class OwnershipTests
{
    [Test]
    public void Operations_in_place_return_the_tensor_itself()
    {
        using var scope = NewDisposeScope();
        var x = ones(2);
        Assert.That(new[] { x.add_(1), x.mul_(2), x.copy_(zeros(2)), x.fill_(3), x.sqrt_(), x.requires_grad_(false) }, Is.All.SameAs(x));
    }

    [Test]
    public void Zero_in_place_returns_another_reference_to_the_same_tensor()
    {
        using var scope = NewDisposeScope();
        var x = ones(2);
        var zeroed = x.zero_();
        Assert.That(zeroed, Is.Not.SameAs(x));
        zeroed.add_(5);
        Assert.That(x.data<float>().ToArray(), Is.EqualTo(new[] { 5f, 5f }));
    }

    [Test]
    public void A_conversion_to_the_same_type_and_device_shares_memory_under_another_reference()
    {
        using var scope = NewDisposeScope();
        var x = ones(2);
        foreach (
            var same in new[] { x.to(ScalarType.Float32), x.to(CPU), x.to(ScalarType.Float32, CPU), x.cpu(), x.alias(), x.contiguous() })
        {
            Assert.That(same, Is.Not.SameAs(x));
            same.add_(1);
        }
        Assert.That(x.data<float>().ToArray(), Is.EqualTo(new[] { 7f, 7f }));
    }

    [Test]
    public void Every_reading_of_the_gradient_is_a_new_reference_to_it()
    {
        using var scope = NewDisposeScope();
        var x = ones(2, requires_grad: true);
        x.sum().backward();
        var first = x.grad!;
        Assert.That(first, Is.Not.SameAs(x.grad));
        first.mul_(3);
        Assert.That(x.grad!.data<float>().ToArray(), Is.EqualTo(new[] { 3f, 3f }));
    }

    [Test]
    public void A_parameter_takes_the_tensor_and_its_place_in_the_scope_over()
    {
        var scope = NewDisposeScope();
        var data = ones(2);
        var parameter = nn.Parameter(data);
        Assert.Multiple(() =>
        {
            Assert.That(data.IsInvalid, Is.True);
            Assert.That(parameter.requires_grad, Is.True);
            Assert.That(scope.Contains(parameter), Is.True);
            Assert.That(scope.Contains(data), Is.False);
        });
        scope.Dispose();
        Assert.That(parameter.IsInvalid, Is.True);
    }

    [Test]
    public void A_scope_ends_what_was_made_in_it_and_keeps_what_was_moved_or_detached()
    {
        using var outer = NewDisposeScope();
        Tensor inside, moved, detached;
        using (NewDisposeScope())
        {
            inside = ones(1);
            moved = ones(1).MoveToOuterDisposeScope();
            detached = ones(1).DetachFromDisposeScope();
        }
        Assert.Multiple(() =>
        {
            Assert.That(inside.IsInvalid, Is.True);
            Assert.That(outer.Contains(moved), Is.True);
            Assert.That(detached.IsInvalid, Is.False);
            Assert.That(outer.Contains(detached), Is.False);
        });
        detached.Dispose();
    }

    [Test]
    public void Moving_out_of_the_outermost_scope_detaches()
    {
        var scope = NewDisposeScope();
        var x = ones(1).MoveToOuterDisposeScope();
        scope.Dispose();
        Assert.That(x.IsInvalid, Is.False);
        x.Dispose();
    }

    [Test]
    public void The_count_of_the_thread_returns_to_its_baseline_with_parameters_too()
    {
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (NewDisposeScope())
        {
            var weight = nn.Parameter(ones(2, 2));
            weight.matmul(weight).sum().backward();
            using var gradient = weight.grad;
            ones(1).DetachFromDisposeScope().Dispose();
        }
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.EqualTo(before));
    }

    [Test]
    public void Bytes_are_the_memory_itself_and_want_it_contiguous()
    {
        using var scope = NewDisposeScope();
        var x = zeros(2, 2);
        x.bytes[3] = 0x3f;
        x.bytes[2] = 0x80;
        Assert.That(x[0, 0].item<float>(), Is.EqualTo(1));
        Assert.That(() => x.t().bytes.Length, Throws.InvalidOperationException);
    }

    [Test]
    public void An_item_is_read_only_as_the_type_that_it_has()
    {
        using var scope = NewDisposeScope();
        Assert.That(() => ones(1).item<double>(), Throws.ArgumentException);
        Assert.That(() => ones(2).item<float>(), Throws.ArgumentException);
        Assert.That(ones(1, ScalarType.Int64).item<long>(), Is.EqualTo(1));
    }
}
