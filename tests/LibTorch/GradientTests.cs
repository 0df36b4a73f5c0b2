using Grafting.Tests.Support;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Grafting.Tests.LibTorch;

/// <summary>Gradients against central differences in double precision.</summary>
public class GradientTests : InScope
{
    // With h = 1e-6 the difference quotient of a smooth function in double is good to about 1e-8.
    const double Step = 1e-6;
    const double Tolerance = 1e-6;

    [Test]
    public void Attention() => Check(x => functional.scaled_dot_product_attention(
        x[0], x[1], x[2], ones(3, 3, ScalarType.Bool).tril()), Normal(1, 2, 3, 4), Normal(1, 2, 3, 4), Normal(1, 2, 3, 4));

    [Test]
    public void Attention_with_an_added_mask() => Check(
        x => functional.scaled_dot_product_attention(x[0], x[1], x[2], x[3]),
        Normal(1, 2, 3, 4), Normal(1, 2, 3, 4), Normal(1, 2, 3, 4), Normal(3, 3));

    [Test]
    public void Layer_norm() => Check(x => functional.layer_norm(x[0], [5], x[1], x[2]), Normal(3, 5), Normal(5), Normal(5));

    [Test]
    public void Gelu() => Check(x => functional.gelu(x[0]), Normal(7));

    [Test]
    public void Gelu_by_tanh() => Check(x => functional.gelu(x[0], TorchSharp.Modules.GELU.Approximate.tanh), Normal(7));

    [Test]
    public void Silu() => Check(x => functional.silu(x[0]), Normal(7));

    [Test]
    public void Convolution() => Check(
        x => functional.conv2d(x[0], x[1], x[2], strides: [2, 2]), Normal(1, 2, 4, 4), Normal(3, 2, 2, 2), Normal(3));

    [Test]
    public void Picking_rows_of_an_embedding() =>
        Check(x => x[0].index_select(0, tensor(new long[] { 1, 3, 1 })), Normal(4, 3));

    [Test]
    public void Cross_entropy() => Check(x => functional.cross_entropy(x[0], tensor(new long[] { 2, -100, 0 })), Normal(3, 4));

    [Test]
    public void Products_and_sums() => Check(x => (x[0].matmul(x[1]) + x[2]).pow(2).mean([0]), Normal(3, 4), Normal(4, 2), Normal(2));

    [Test]
    public void Gradients_add_up_until_they_are_cleared()
    {
        var x = tensor(new float[] { 2 }, requires_grad: true);
        x.square().backward();
        x.square().backward();
        Assert.That(x.grad!.item<float>(), Is.EqualTo(8));
        x.grad = null;
        Assert.That(x.grad, Is.Null);
    }

    [Test]
    public void No_gradient_is_recorded_where_it_is_switched_off()
    {
        var x = ones(2, requires_grad: true);
        using (no_grad())
        {
            Assert.That((x * 2).requires_grad, Is.False);
            using (enable_grad()) Assert.That((x * 2).requires_grad, Is.True);
            Assert.That(is_grad_enabled(), Is.False);
        }
        Assert.That(is_grad_enabled(), Is.True);
        Assert.That((x * 2).detach().requires_grad, Is.False);
    }

    [Test]
    public void Backward_can_start_from_given_gradients()
    {
        var x = tensor(new float[] { 1, 2 }, requires_grad: true);
        (x * 3).backward([tensor(new float[] { 10, 100 })]);
        var y = x.square();
        var slopes = autograd.grad([y], [x], [ones(2)]);
        Assert.Multiple(() =>
        {
            Assert.That(x.grad!.data<float>().ToArray(), Is.EqualTo(new float[] { 30, 300 }));
            Assert.That(slopes[0].data<float>().ToArray(), Is.EqualTo(new float[] { 2, 4 }));
        });
    }

    static Tensor Normal(params long[] shape)
    {
        using var generator = new Generator((ulong)shape.Length);
        return randn(shape, ScalarType.Float64, generator: generator);
    }

    static void Check(Func<Tensor[], Tensor> function, params Tensor[] inputs)
    {
        using var weights = randn_like(function(inputs));
        foreach (var input in inputs) input.requires_grad = true;
        (function(inputs) * weights).sum().backward();

        foreach (var input in inputs)
        {
            using var quiet = no_grad();
            var expected = new double[input.numel()];
            var values = input.detach().view(-1);
            for (var i = 0; i < expected.Length; i++)
            {
                values[i].add_(Step);
                var above = (function(inputs) * weights).sum().item<double>();
                values[i].sub_(2 * Step);
                var below = (function(inputs) * weights).sum().item<double>();
                values[i].add_(Step);
                expected[i] = (above - below) / (2 * Step);
            }
            Assert.That(input.grad!.data<double>().ToArray(), Is.EqualTo(expected).Within(Tolerance));
        }
    }

    static Tensor randn_like(Tensor tensor) => Normal(tensor.shape);
}
