using Grafting.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Grafting.Tests.LibTorch;

/// <summary>A broad sample of operations against numbers worked out by hand.</summary>
public class OperationTests : InScope
{
    static Tensor Square => tensor(new float[] { 1, 2, 3, 4 }, [2, 2]);

    [Test]
    public void Arithmetic_between_tensors_and_numbers()
    {
        var a = Square;
        var b = tensor(new float[] { 10, 20 });
        Assert.Multiple(() =>
        {
            Expect(a + b, 11, 22, 13, 24);
            Expect(a - b, -9, -18, -7, -16);
            Expect(a - 1, 0, 1, 2, 3);
            Expect(1 - a, 0, -1, -2, -3);
            Expect(2.5f - a, 1.5f, 0.5f, -0.5f, -1.5f);
            Expect(a * 0.5, 0.5f, 1, 1.5f, 2);
            Expect(3 * a, 3, 6, 9, 12);
            Expect(12 / a, 12, 6, 4, 3);
            Expect(a / 2L, 0.5f, 1, 1.5f, 2);
            Expect(-a, -1, -2, -3, -4);
            Expect(a % 2, 1, 0, 1, 0);
            Expect(a.add(b, 2), 21, 42, 23, 44);
            Expect(a.pow(2), 1, 4, 9, 16);
            Expect(a.div(2, RoundingMode.floor), 0, 1, 1, 2);
            Expect((-a).div(2, RoundingMode.trunc), 0, -1, -1, -2);
            Expect(a.addcmul(a, a, 10), 11, 42, 93, 164);
            Expect(a.addcdiv(a, a, 0.5), 1.5f, 2.5f, 3.5f, 4.5f);
            Expect(a.lerp(b.expand(2, 2), full([2, 2], 0.5)), 5.5f, 11, 6.5f, 12);
        });
    }

    [Test]
    public void Systems_of_linear_equations()
    {
        var b = tensor(new float[] { 5, 11 }, [2, 1]);
        Expect(linalg.solve(Square, b), 1, 2);
        Expect(linalg.solve(Square, b.view(1, 2), left: false), 6.5f, -0.5f);
    }

    [Test]
    public void Changes_in_place_return_the_same_object()
    {
        var a = Square;
        Assert.Multiple(() =>
        {
            Assert.That(a.add_(1), Is.SameAs(a));
            Expect(a, 2, 3, 4, 5);
            Expect(a.mul_(2).sub_(4), 0, 2, 4, 6);
            Expect(a.div_(2), 0, 1, 2, 3);
            Expect(a.add_(a, -1), 0, 0, 0, 0);
            Expect(a.fill_(7), 7, 7, 7, 7);
            Expect(a.copy_(Square), 1, 2, 3, 4);
            Expect(a.clamp_(2, 3), 2, 2, 3, 3);
            Expect(a.zero_(), 0, 0, 0, 0);
            Expect(a.addcmul_(Square, Square, 2), 2, 8, 18, 32);
        });
    }

    [Test]
    public void Functions_of_one_argument()
    {
        var x = tensor(new float[] { -1, 0, 0.5f, 2 });
        Assert.Multiple(() =>
        {
            Expect(x.abs(), 1, 0, 0.5f, 2);
            Expect(x.square(), 1, 0, 0.25f, 4);
            Expect(x.relu(), 0, 0, 0.5f, 2);
            Expect(x.exp(), MathF.Exp(-1), 1, MathF.Exp(0.5f), MathF.Exp(2));
            Expect(x.sigmoid(), 0.26894143f, 0.5f, 0.62245935f, 0.88079709f);
            Expect(x.silu(), -0.26894143f, 0, 0.31122968f, 1.76159416f);
            Expect(x.gelu(), -0.15865526f, 0, 0.34573123f, 1.95449974f);
            Expect(x.gelu(TorchSharp.Modules.GELU.Approximate.tanh), -0.15880801f, 0, 0.34571401f, 1.95459769f);
            Expect(x.tanh(), MathF.Tanh(-1), 0, MathF.Tanh(0.5f), MathF.Tanh(2));
            Expect(x.cos(), MathF.Cos(-1), 1, MathF.Cos(0.5f), MathF.Cos(2));
            Expect(x.sign(), -1, 0, 1, 1);
            Expect(x.clamp(min: 0), 0, 0, 0.5f, 2);
            Expect(x.clamp_max(0.25), -1, 0, 0.25f, 0.25f);
            Expect(Square.rsqrt(), 1, 0.70710678f, 0.57735027f, 0.5f);
            Expect(Square.log(), 0, MathF.Log(2), MathF.Log(3), MathF.Log(4));
            Expect(x.round(), -1, 0, 0, 2);
            Expect(x.isfinite().@float(), 1, 1, 1, 1);
            Expect((x / 0).isnan().@float(), 0, 1, 0, 0);
        });
    }

    [Test]
    public void Comparisons_and_choices()
    {
        var a = Square;
        Assert.Multiple(() =>
        {
            Expect((a > 2).@float(), 0, 0, 1, 1);
            Expect((a <= tensor(new float[] { 1, 4 })).@float(), 1, 1, 0, 1);
            Expect((2 < a).@float(), 0, 0, 1, 1);
            Expect((a == 3).@float(), 0, 0, 1, 0);
            Expect(((a > 1) & ~(a > 3)).@float(), 0, 1, 1, 0);
            Expect(where(a > 2, a, -a), -1, -2, 3, 4);
            Expect(maximum(a, 5 - a), 4, 3, 3, 4);
            Assert.That(a.allclose(a + 1e-9), Is.True);
            Assert.That(a.Equals(Square), Is.True);
            Assert.That(a.Equals(a + 1), Is.False);
            Assert.That((a > 0).all().item<bool>(), Is.True);
            Assert.That((a > 4).any().item<bool>(), Is.False);
        });
    }

    [Test]
    public void Sums_means_and_extremes()
    {
        var a = Square;
        var (largest, at) = a.max(1);
        var (top, order) = tensor(new float[] { 3, 9, 5 }).topk(2);
        Assert.Multiple(() =>
        {
            Expect(a.sum(), 10);
            Expect(a.sum(0L), 4, 6); // a plain 0 would be taken for a dtype, there as here
            Expect(a.sum([0L, 1], keepdim: true), 10);
            Assert.That(a.sum(ScalarType.Float64).dtype, Is.EqualTo(ScalarType.Float64));
            Expect(a.mean(), 2.5f);
            Expect(a.mean([1]), 1.5f, 3.5f);
            Expect(a.var(), 5f / 3);
            Expect(a.std(1, unbiased: false), 0.5f, 0.5f);
            Expect(a.amax(0), 3, 4);
            Expect(a.amin(0, 1), 1);
            Expect(largest, 2, 4);
            Assert.That(at.data<long>().ToArray(), Is.EqualTo(new long[] { 1, 1 }));
            Assert.That(a.argmax().item<long>(), Is.EqualTo(3));
            Expect(top, 9, 5);
            Assert.That(order.data<long>().ToArray(), Is.EqualTo(new long[] { 1, 2 }));
            Expect(a.sort(0, descending: true).Values, 3, 4, 1, 2);
            Expect(a.norm(), MathF.Sqrt(30));
            Expect(a.norm(1), MathF.Sqrt(5), 5);
            Expect(a.cumsum(1), 1, 3, 3, 7);
            Expect(a.logsumexp(1), 2.3132617f, 4.3132617f);
            Expect(a.softmax(1), 0.26894143f, 0.73105858f, 0.26894143f, 0.73105858f);
            Expect(a.log_softmax(1), -1.3132617f, -0.3132617f, -1.3132617f, -0.3132617f);
        });
    }

    [Test]
    public void Shapes_and_views()
    {
        var a = arange(6, float32).view(2, 3);
        var parts = a.split([1, 2], 1);
        Assert.Multiple(() =>
        {
            Assert.That(a.shape, Is.EqualTo(new long[] { 2, 3 }));
            Assert.That(a.stride(), Is.EqualTo(new long[] { 3, 1 }));
            Assert.That(a.t().is_contiguous(), Is.False);
            Expect(a.t().contiguous(), 0, 3, 1, 4, 2, 5);
            Expect(a.permute(1, 0), 0, 3, 1, 4, 2, 5);
            Assert.That(a.unsqueeze(0).transpose(0, 2).shape, Is.EqualTo(new long[] { 3, 2, 1 }));
            Assert.That(a.reshape(3, -1).shape, Is.EqualTo(new long[] { 3, 2 }));
            Assert.That(a.flatten().shape, Is.EqualTo(new long[] { 6 }));
            Assert.That(a.flatten().unflatten(0, 3, 2).shape, Is.EqualTo(new long[] { 3, 2 }));
            Assert.That(a.unsqueeze(1).squeeze(1).shape, Is.EqualTo(new long[] { 2, 3 }));
            Expect(tensor(new float[] { 1, 2 }).unsqueeze(1).expand(2, 2), 1, 1, 2, 2);
            Expect(tensor(new float[] { 1, 2 }).repeat(2), 1, 2, 1, 2);
            Expect(tensor(new float[] { 1, 2 }).repeat_interleave(2), 1, 1, 2, 2);
            Expect(cat([a, a], 0).sum(0L), 0 + 0 + 3 + 3, 1 + 1 + 4 + 4, 2 + 2 + 5 + 5);
            Assert.That(stack([a, a], 1).shape, Is.EqualTo(new long[] { 2, 2, 3 }));
            Expect(parts[0], 0, 3);
            Expect(parts[1], 1, 2, 4, 5);
            Assert.That(a.chunk(3, 1), Has.Length.EqualTo(3));
            Expect(a.flip(1), 2, 1, 0, 5, 4, 3);
            Expect(a.roll(1, 1), 2, 0, 1, 5, 3, 4);
            Expect(ones(2, 2).tril(), 1, 0, 1, 1);
            Expect(ones(2, 2).triu(1), 0, 1, 0, 0);
        });
    }

    [Test]
    public void Picking_and_placing_elements()
    {
        var a = arange(6, float32).view(2, 3);
        var columns = tensor(new long[] { 2, 0 });
        var b = a.clone();
        b[TensorIndex.Colon, 1] = tensor(-1f);
        var added = zeros(2, 3).index_add_(1, columns, ones(2, 2), 10);
        Assert.Multiple(() =>
        {
            Expect(a[1], 3, 4, 5);
            Expect(a[1, 2], 5);
            Expect(a[TensorIndex.Ellipsis, 1], 1, 4);
            Expect(a[.., 1..], 1, 2, 4, 5);
            Expect(a[TensorIndex.Slice(step: 2)], 0, 1, 2);
            Expect(a[.., ^1], 2, 5);
            Assert.That(a[TensorIndex.None].shape, Is.EqualTo(new long[] { 1, 2, 3 }));
            Expect(a[a > 3], 4, 5);
            Expect(a[TensorIndex.Colon, TensorIndex.Tensor(columns)], 2, 0, 5, 3);
            Expect(b, 0, -1, 2, 3, -1, 5);
            Expect(a.index_select(1, columns), 2, 0, 5, 3);
            Expect(a.gather(1, tensor(new long[] { 2, 0 }, [2, 1])), 2, 3);
            Expect(a.narrow(1, 1, 2), 1, 2, 4, 5);
            Expect(a.select(0, 1), 3, 4, 5);
            Expect(a.slice(1, 0, 3, 2), 0, 2, 3, 5);
            Expect(a.masked_fill(a > 3, 0), 0, 1, 2, 3, 0, 0);
            Expect(a.masked_select(a < 2), 0, 1);
            Expect(added, 10, 0, 10, 10, 0, 10);
            Expect(a.index_copy(1, columns, zeros(2, 2)), 0, 1, 0, 0, 4, 0);
            Expect(zeros(3).scatter_(0, columns, tensor(new float[] { 5, 6 })), 6, 0, 5);
            Expect(zeros(3).index_put_(ones(2), [tensor(new long[] { 1, 1 })], accumulate: true), 0, 2, 0);
            Assert.That((a > 3).nonzero().data<long>().ToArray(), Is.EqualTo(new long[] { 1, 1, 1, 2 }));
        });
    }

    [Test]
    public void Products_of_matrices()
    {
        var a = Square;
        Assert.Multiple(() =>
        {
            Expect(a.matmul(a), 7, 10, 15, 22);
            Expect(a.mm(a.t()), 5, 11, 11, 25);
            Expect(a.unsqueeze(0).bmm(a.unsqueeze(0)), 7, 10, 15, 22);
            Expect(a.addmm(a, a, beta: 2, alpha: 1), 9, 14, 21, 30);
            Expect(outer(tensor(new float[] { 1, 2 }), tensor(new float[] { 3, 4 })), 3, 4, 6, 8);
            Expect(functional.linear(a, a, tensor(new float[] { 1, 1 })), 6, 12, 12, 26);
        });
    }

    [Test]
    public void Layers_as_functions()
    {
        var a = Square;
        var picture = arange(9, float32).view(1, 1, 3, 3);
        var logits = tensor(new float[] { 1, 2, 3, 3, 2, 1 }, [2, 3]);
        var labels = tensor(new long[] { 2, -100 });
        Assert.Multiple(() =>
        {
            Expect(functional.layer_norm(a, [2], eps: 0), -1, 1, -1, 1);
            Expect(functional.layer_norm(a, [2], tensor(new float[] { 2, 2 }), tensor(new float[] { 1, 1 }), 0), -1, 3, -1, 3);
            Expect(functional.conv2d(picture, ones(1, 1, 2, 2)), 8, 12, 20, 24);
            Expect(functional.conv2d(picture, ones(1, 1, 3, 3), tensor(new float[] { 1 }), strides: [3, 3]), 37);
            Expect(functional.cross_entropy(logits, labels), 0.40760598f);
            Expect(functional.cross_entropy(logits, labels, reduction: Reduction.None), 0.40760598f, 0);
            Expect(functional.nll_loss(logits.log_softmax(1), tensor(new long[] { 2, 0 })), 0.40760598f);
            Expect(functional.pad(a, [1, 0]), 0, 1, 2, 0, 3, 4);
            Expect(functional.one_hot(tensor(new long[] { 1 }), 3).@float(), 0, 1, 0);
            Expect(functional.dropout(a, 0.5, training: false), 1, 2, 3, 4);
            Expect(functional.interpolate(a.view(1, 1, 2, 2), [4, 4], mode: InterpolationMode.Nearest).sum(), 40);
        });
    }

    [Test]
    public void Tensors_are_made_from_numbers_and_arrays()
    {
        Assert.Multiple(() =>
        {
            Expect(tensor(new float[,] { { 1, 2 }, { 3, 4 } }), 1, 2, 3, 4);
            Assert.That(tensor(5).dtype, Is.EqualTo(ScalarType.Int32));
            Assert.That(tensor(5L).dtype, Is.EqualTo(ScalarType.Int64));
            Assert.That(tensor(true).dtype, Is.EqualTo(ScalarType.Bool));
            Assert.That(tensor(new List<long> { 1, 2 }).shape, Is.EqualTo(new long[] { 2 }));
            Assert.That(arange(5).dtype, Is.EqualTo(ScalarType.Int64));
            Assert.That(arange(0.5, 2).dtype, Is.EqualTo(ScalarType.Float32));
            Assert.That(full([2], 1).dtype, Is.EqualTo(ScalarType.Int64));
            Assert.That(zeros(2, 3, bfloat16).ElementSize, Is.EqualTo(2));
            Assert.That(zeros_like(tensor(5L)).dtype, Is.EqualTo(ScalarType.Int64));
            Expect(eye(2), 1, 0, 0, 1);
            Expect(linspace(0, 1, 3), 0, 0.5f, 1);
            Assert.That(tensor(new float[] { 1.5f, 2.5f }, bfloat16).to(float32).data<float>().ToArray(), Is.EqualTo(new[] { 1.5f, 2.5f }));
            Assert.That(() => tensor(new float[] { 1 }, [2, 2]), Throws.ArgumentException);
        });
    }

    [Test]
    public void A_tensor_from_an_array_shares_its_memory()
    {
        var array = new float[] { 1, 2, 3 };
        var shared = from_array(array);
        array[1] = 20;
        shared.add_(1);
        Assert.That(array, Is.EqualTo(new float[] { 2, 21, 4 }));
    }

    [Test]
    public void Random_streams_repeat_from_their_seed_and_their_state()
    {
        using var generator = new Generator(7);
        var first = randn([4], generator: generator);
        using var state = generator.get_state();
        var second = randn([4], generator: generator);
        generator.set_state(state);
        var again = randn([4], generator: generator);
        generator.manual_seed(7);
        Assert.Multiple(() =>
        {
            Assert.That(again.Equals(second), Is.True);
            Assert.That(randn([4], generator: generator).Equals(first), Is.True);
            Assert.That(first.Equals(second), Is.False);
            Assert.That(rand([8], generator: generator).lt(1).all().item<bool>(), Is.True);
            Assert.That(randperm(5, generator: generator).sort().Values.Equals(arange(5)), Is.True);
        });
    }

    [Test]
    public void A_scalar_keeps_whole_numbers_exact()
    {
        Scalar large = (1L << 53) + 1;
        Assert.Multiple(() =>
        {
            Assert.That(large.ToInt64(), Is.EqualTo((1L << 53) + 1));
            Assert.That(large.Type, Is.EqualTo(ScalarType.Int64));
            Assert.That(tensor(0L).add(large).item<long>(), Is.EqualTo((1L << 53) + 1));
            Assert.That(tensor(0.1).ToScalar().ToDouble(), Is.EqualTo(0.1));
            Assert.That(tensor(3f).ToInt64(), Is.EqualTo(3));
            Assert.That(() => tensor(1e30).ToInt64(), Throws.TypeOf<OverflowException>());
        });
    }

    [Test]
    public void A_tensor_prints_its_shape_and_first_values() =>
        Assert.That(Square.ToString(), Is.EqualTo("[2x2], type = Float32, device = cpu = 1, 2, 3, 4"));

    static void Expect(Tensor tensor, params float[] values) =>
        Assert.That(tensor.data<float>().ToArray(), Is.EqualTo(values).Within(1e-5f));
}
