using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Grafting.Tests.LibTorch;

/// <summary>Who owns a tensor, and that nothing is left over.</summary>
public class LifetimeTests
{
    static long Live => DisposeScopeManager.Statistics.ThreadTotalLiveCount;

    [Test]
    public void A_scope_disposes_what_was_made_in_it()
    {
        var (live, total) = (Live, Tensor.TotalCount);
        Tensor inner;
        using (var scope = NewDisposeScope())
        {
            inner = ones(2) + 1;
            Assert.That(scope.DisposablesCount, Is.EqualTo(2));
            Assert.That(scope.Contains(inner), Is.True);
        }
        Assert.Multiple(() =>
        {
            Assert.That(inner.IsInvalid, Is.True);
            Assert.That(Live, Is.EqualTo(live));
            Assert.That(Tensor.TotalCount, Is.EqualTo(total));
            Assert.That(CurrentDisposeScope, Is.Null);
        });
    }

    [Test]
    public void A_tensor_can_be_moved_out_detached_and_attached()
    {
        using var outer = NewDisposeScope();
        Tensor moved, detached, kept;
        using (var inner = NewDisposeScope())
        {
            moved = ones(1).MoveToOuterDisposeScope();
            detached = ones(1).DetachFromDisposeScope();
            kept = inner.MoveToOuter(ones(1));
            inner.Attach(ones(1));
        }
        Assert.Multiple(() =>
        {
            Assert.That(moved.IsInvalid, Is.False);
            Assert.That(kept.IsInvalid, Is.False);
            Assert.That(detached.IsInvalid, Is.False);
            Assert.That(outer.Contains(moved), Is.True);
            Assert.That(outer.Contains(detached), Is.False);
        });
        outer.Attach(detached);
        Assert.That(outer.DisposablesCount, Is.EqualTo(3));
    }

    [Test]
    public void A_scope_can_be_emptied_but_for_some()
    {
        using var scope = NewDisposeScope();
        var all = Enumerable.Range(0, 10).Select(_ => ones(1)).ToArray();
        scope.DisposeEverythingBut(all[3], all[7]);
        Assert.Multiple(() =>
        {
            Assert.That(all.Where(tensor => !tensor.IsInvalid), Is.EqualTo(new[] { all[3], all[7] }));
            Assert.That(scope.DisposablesCount, Is.EqualTo(2));
        });
    }

    [Test]
    public void Scopes_may_end_out_of_order()
    {
        var outer = NewDisposeScope();
        var inner = NewDisposeScope();
        var tensor = ones(1);
        outer.Dispose();
        Assert.That(tensor.IsInvalid, Is.False, "it belongs to the inner scope");
        inner.Dispose();
        Assert.That(CurrentDisposeScope, Is.Null);
        Assert.That(() => outer.DisposablesCount, Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Scopes_are_of_their_thread()
    {
        using var scope = NewDisposeScope();
        var taken = true;
        var thread = new Thread(() =>
        {
            using var other = ones(1);
            taken = scope.Contains(other);
        });
        thread.Start();
        thread.Join();
        Assert.That(taken, Is.False);
    }

    [Test]
    public void Disposing_twice_is_allowed()
    {
        var total = Tensor.TotalCount;
        var tensor = ones(1);
        tensor.Dispose();
        tensor.Dispose();
        Assert.That(Tensor.TotalCount, Is.EqualTo(total));
    }

    [Test]
    public void A_view_keeps_the_memory_of_its_source_alive()
    {
        using var view = FirstRow();
        Assert.That(view.data<float>().ToArray(), Is.EqualTo(new float[] { 1, 2 }));

        static Tensor FirstRow()
        {
            using var source = tensor(new float[] { 1, 2, 3, 4 }, [2, 2]);
            return source[0];
        }
    }

    [Test]
    public void A_graph_keeps_its_inputs_alive()
    {
        using var x = ones(3, requires_grad: true);
        using var loss = Loss(x);
        loss.backward();
        using var grad = x.grad!;
        Assert.That(grad.data<float>().ToArray(), Is.EqualTo(new float[] { 6, 6, 6 }));

        static Tensor Loss(Tensor x)
        {
            using var scope = NewDisposeScope();
            return (x * 3).mul(x).sum().MoveToOuterDisposeScope();
        }
    }

    [Test]
    public void A_forgotten_tensor_is_freed_by_the_collector_and_still_counted_as_forgotten()
    {
        var (total, left) = (Tensor.TotalCount, Grafting.LibTorch.NativeLibrary.TensorsLeftToFinalizer);
        long live = 0;
        // On a thread of its own, because what is forgotten here would be held against the test run.
        var thread = new Thread(() =>
        {
            Forget();
            GC.Collect();
            GC.WaitForPendingFinalizers();
            live = Live;
        });
        thread.Start();
        thread.Join();
        Assert.Multiple(() =>
        {
            Assert.That(Tensor.TotalCount, Is.EqualTo(total));
            Assert.That(Grafting.LibTorch.NativeLibrary.TensorsLeftToFinalizer, Is.EqualTo(left + 1));
            Assert.That(live, Is.EqualTo(1), "the collector must not hide that it was forgotten");
        });

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Forget() => ones(1);
    }

    [Test]
    public void A_thousand_training_steps_leave_no_tensor_behind()
    {
        using var generator = new Generator(1);
        using var weight = Parameter(randn([8, 8], generator: generator));
        using var input = randn([4, 8], generator: generator);
        Step();
        var (live, total) = (Live, Tensor.TotalCount);
        for (var i = 0; i < 1000; i++) Step();
        Assert.Multiple(() =>
        {
            Assert.That(Live, Is.EqualTo(live));
            Assert.That(Tensor.TotalCount, Is.EqualTo(total));
        });

        void Step()
        {
            using var scope = NewDisposeScope();
            functional.gelu(functional.linear(input, weight)).square().mean().backward();
            using var quiet = no_grad();
            weight.sub_(weight.grad! * 0.01);
            weight.grad = null;
        }
    }

    [Test]
    public void Many_threads_make_and_dispose_tensors_at_once()
    {
        var total = Tensor.TotalCount;
        Parallel.For(0, 8, _ =>
        {
            using var scope = NewDisposeScope();
            var sum = zeros(16);
            for (var i = 0; i < 200; i++) sum.add_(ones(16));
            Assert.That(sum[3].item<float>(), Is.EqualTo(200));
        });
        Assert.That(Tensor.TotalCount, Is.EqualTo(total));
    }

    [Test]
    public void Bytes_are_the_memory_itself()
    {
        using var tensor = torch.tensor(new float[] { 1, 2 });
        BitConverter.TryWriteBytes(tensor.bytes[4..], 5f);
        using var view = tensor.expand(3, 2);
        Assert.Multiple(() =>
        {
            Assert.That(tensor.data<float>().ToArray(), Is.EqualTo(new float[] { 1, 5 }));
            Assert.That(() => view.bytes.Length, Throws.InvalidOperationException);
            using var none = empty(0);
            Assert.That(none.bytes.Length, Is.Zero);
        });
    }

    [Test]
    public void Elements_are_read_and_written_through_strides()
    {
        using var scope = NewDisposeScope();
        var turned = arange(6, float32).view(2, 3).t();
        var elements = turned.data<float>();
        elements[2, 0] = 20;
        var part = new float[3];
        elements.CopyTo(part, 0, 2);
        Assert.Multiple(() =>
        {
            Assert.That(elements.ToArray(), Is.EqualTo(new float[] { 0, 3, 1, 4, 20, 5 }));
            Assert.That(elements, Is.EqualTo(new float[] { 0, 3, 1, 4, 20, 5 }));
            Assert.That(part, Is.EqualTo(new float[] { 1, 4, 20 }));
            Assert.That(elements[4], Is.EqualTo(20));
            Assert.That(() => elements[3, 0], Throws.TypeOf<ArgumentOutOfRangeException>());
        });
    }
}
