using Grafting.Tests.Support;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Grafting.Tests.LibTorch;

/// <summary>Attention means the same with every libtorch: the version composed for 1.13 and the later one's own.</summary>
public class AttentionTests : InScope
{
    [Test]
    public void Attention_is_a_softmax_over_scaled_scores()
    {
        var (q, k, v) = Inputs();
        var expected = (q.matmul(k.transpose(-2, -1)) / Math.Sqrt(4)).softmax(-1).matmul(v);
        Assert.That(scaled_dot_product_attention(q, k, v).allclose(expected, atol: 1e-6), Is.True);
    }

    [Test]
    public void A_boolean_mask_is_true_where_a_query_may_attend()
    {
        var (q, k, v) = Inputs();
        var allowed = ones(3, 3, ScalarType.Bool).tril();
        var masked = scaled_dot_product_attention(q, k, v, allowed);
        Assert.Multiple(() =>
        {
            Assert.That(masked.allclose(scaled_dot_product_attention(q, k, v, is_casual: true), atol: 1e-6), Is.True);
            Assert.That(masked.select(2, 0).allclose(v.select(2, 0), atol: 1e-6), Is.True, "the first query sees the first value only");
        });
    }

    [Test]
    public void A_floating_mask_is_added_to_the_scores()
    {
        var (q, k, v) = Inputs();
        var allowed = ones(3, 3, ScalarType.Bool).tril();
        var added = zeros(3, 3).masked_fill(~allowed, float.NegativeInfinity);
        Assert.That(
            scaled_dot_product_attention(q, k, v, added).allclose(scaled_dot_product_attention(q, k, v, allowed), atol: 1e-6), Is.True);
    }

    [Test]
    public void A_query_that_may_attend_to_nothing_gets_zeros_and_finite_gradients()
    {
        var (q, k, v) = Inputs();
        q.requires_grad = true;
        var allowed = ones(3, 3, ScalarType.Bool);
        allowed[1] = zeros(3, ScalarType.Bool);
        var result = scaled_dot_product_attention(q, k, v, allowed);
        result.sum().backward();
        Assert.Multiple(() =>
        {
            Assert.That(result.select(2, 1).abs().sum().item<float>(), Is.Zero);
            Assert.That(result.isfinite().all().item<bool>(), Is.True);
            Assert.That(q.grad!.isfinite().all().item<bool>(), Is.True);
        });
    }

    [Test]
    public void Half_precision_survives_masking()
    {
        var (q, k, v) = Inputs();
        var allowed = ones(3, 3, ScalarType.Bool).tril();
        var exact = scaled_dot_product_attention(q, k, v, allowed);
        var coarse = scaled_dot_product_attention(q.bfloat16(), k.bfloat16(), v.bfloat16(), allowed);
        Assert.That(coarse.to(ScalarType.Float32).allclose(exact, rtol: 0.02, atol: 0.02), Is.True);
    }

    [Test]
    public void A_mask_and_causality_together_are_refused()
    {
        var (q, k, v) = Inputs();
        Assert.That(
            () => scaled_dot_product_attention(q, k, v, ones(3, 3, ScalarType.Bool), is_casual: true), Throws.ArgumentException);
    }

    // [batch 1, heads 2, positions 3, width 4]
    static (Tensor, Tensor, Tensor) Inputs()
    {
        using var generator = new Generator(1);
        Tensor Normal() => randn([1, 2, 3, 4], generator: generator);
        return (Normal(), Normal(), Normal());
    }
}
