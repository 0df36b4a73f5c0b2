using Grafting.Core.Models.Layers;
using Grafting.Core.Numerics;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders.Llama;

/// <summary>What every layer of one forward pass shares.</summary>
/// <param name="Bias">Added to the scores; null with <paramref name="Causal"/> or when everything is visible.</param>
internal sealed record LlamaPass(Tensor Cos, Tensor Sin, Tensor? Bias, bool Causal, KeyValueCache? Cache)
{
    public static LlamaPass Create(
        Rotary rotary, Tensor positions_bs, Tensor? mask_b1st, KeyValueCache? cache, Device device, ScalarType dtype)
    {
        var (cos, sin) = rotary.Angles(positions_bs, dtype);
        var added = positions_bs.shape[1];
        var bias = AttentionMask.Bias(mask_b1st, cache?.Length ?? 0, added, device, dtype);
        return new(cos, sin, bias, Causal: bias is null && added > 1, cache);
    }
}

/// <summary>Attention, then a gated feed-forward part, each behind a norm and added to the residual.</summary>
internal sealed class LlamaLayer : DecoderLayer
{
    readonly RmsNorm attention_norm;
    readonly LlamaAttention attention;
    readonly RmsNorm feed_forward_norm;
    readonly LlamaFeedForward feed_forward;
    readonly Rotary _rotary;
    readonly Device _device;
    readonly ScalarType _dtype;

    /// <param name="index">Place of its keys and values in a cache.</param>
    public LlamaLayer(LlamaConfig config, Rotary rotary, int index, Device device, ScalarType dtype) : base(nameof(LlamaLayer))
    {
        (_rotary, _device, _dtype) = (rotary, device, dtype);
        attention_norm = new(config.Width, config.NormEpsilon, device, dtype);
        attention = new(config, rotary, index, device, dtype);
        feed_forward_norm = new(config.Width, config.NormEpsilon, device, dtype);
        feed_forward = new(config, device, dtype);
        RegisterComponents();
    }

    public override Parameter LastProjection => feed_forward.LastProjection;

    public override Tensor forward(Tensor x_bsw, Tensor positions_bs, Tensor? mask_b1ss = null)
    {
        using var scope = NewDisposeScope();
        return forward(x_bsw, Alone(positions_bs, mask_b1ss)).MoveToOuterDisposeScope();
    }

    public override (Tensor Residual_bsw, Tensor Features_bsf) BeforeLastProjection(Tensor x_bsw, Tensor positions_bs, Tensor? mask_b1ss = null)
    {
        using var scope = NewDisposeScope();
        var attended = x_bsw.add(attention.forward(attention_norm.forward(x_bsw), Alone(positions_bs, mask_b1ss)), Scalars.One);
        var features = feed_forward.Features(feed_forward_norm.forward(attended));
        var residual = feed_forward.LastBias is { } bias ? attended.add(bias, Scalars.One) : attended;
        return (residual.MoveToOuterDisposeScope(), features.MoveToOuterDisposeScope());
    }

    /// <remarks>Temporaries die here; what the gradient needs, autograd holds on its own.</remarks>
    public Tensor forward(Tensor x_bsw, LlamaPass pass)
    {
        using var scope = NewDisposeScope();
        var attended = x_bsw.add(attention.forward(attention_norm.forward(x_bsw), pass), Scalars.One);
        return attended.add(feed_forward.forward(feed_forward_norm.forward(attended)), Scalars.One).MoveToOuterDisposeScope();
    }

    LlamaPass Alone(Tensor positions_bs, Tensor? mask_b1ss) => LlamaPass.Create(_rotary, positions_bs, mask_b1ss, null, _device, _dtype);
}

// b batch, s new positions, t all positions, w residual width, h heads, k key/value heads, g = h / k heads per group, d head width
internal sealed class LlamaAttention : nn.Module
{
    readonly Dense query;
    readonly Dense key;
    readonly Dense value;
    readonly Dense output;
    readonly Rotary _rotary;
    readonly int _index, _heads, _kvHeads, _headWidth;

    public LlamaAttention(LlamaConfig config, Rotary rotary, int index, Device device, ScalarType dtype) : base(nameof(LlamaAttention))
    {
        (_rotary, _index, _heads, _kvHeads, _headWidth) = (rotary, index, config.Heads, config.KvHeads, config.HeadWidth);
        query = new(config.Width, config.Heads * config.HeadWidth, config.AttentionBias, device, dtype);
        key = new(config.Width, config.KvHeads * config.HeadWidth, config.AttentionBias, device, dtype);
        value = new(config.Width, config.KvHeads * config.HeadWidth, config.AttentionBias, device, dtype);
        output = new(config.Heads * config.HeadWidth, config.Width, config.AttentionBias, device, dtype);
        RegisterComponents();
    }

    public Tensor forward(Tensor x_bsw, LlamaPass pass)
    {
        var (b, s) = (x_bsw.shape[0], x_bsw.shape[1]);
        var q_bshd = _rotary.Apply(query.forward(x_bsw).view(b, s, _heads, _headWidth), pass.Cos, pass.Sin);
        var k_bktd = _rotary.Apply(key.forward(x_bsw).view(b, s, _kvHeads, _headWidth), pass.Cos, pass.Sin).transpose(1, 2);
        var v_bktd = value.forward(x_bsw).view(b, s, _kvHeads, _headWidth).transpose(1, 2);
        if (pass.Cache is not null) (k_bktd, v_bktd) = pass.Cache.Append(_index, k_bktd, v_bktd);

        // A single new position needs no copies of keys and values: the heads of a group are the rows of one product.
        var attended_bsv = s == 1
            ? nn.functional.scaled_dot_product_attention(q_bshd.view(b, _kvHeads, -1, _headWidth), k_bktd, v_bktd, pass.Bias)
            : nn.functional.scaled_dot_product_attention(
                q_bshd.transpose(1, 2), PerHead(k_bktd), PerHead(v_bktd), pass.Bias, is_casual: pass.Causal).transpose(1, 2);
        return output.forward(attended_bsv.reshape(b, s, _heads * _headWidth));
    }

    Tensor PerHead(Tensor x_bktd)
    {
        if (_heads == _kvHeads) return x_bktd;
        var (b, t) = (x_bktd.shape[0], x_bktd.shape[2]);
        return x_bktd.unsqueeze(2).expand(b, _kvHeads, _heads / _kvHeads, t, _headWidth).reshape(b, _heads, t, _headWidth);
    }
}

internal sealed class LlamaFeedForward : nn.Module
{
    readonly Dense gate;
    readonly Dense up;
    readonly Dense down;

    public LlamaFeedForward(LlamaConfig config, Device device, ScalarType dtype) : base(nameof(LlamaFeedForward))
    {
        gate = new(config.Width, config.FeedForwardWidth, config.MlpBias, device, dtype);
        up = new(config.Width, config.FeedForwardWidth, config.MlpBias, device, dtype);
        down = new(config.FeedForwardWidth, config.Width, config.MlpBias, device, dtype);
        RegisterComponents();
    }

    public Parameter LastProjection => down.Weight;

    public Parameter? LastBias => down.Bias;

    public Tensor forward(Tensor x) => down.forward(Features(x));

    /// <summary>What the last matrix is applied to.</summary>
    public Tensor Features(Tensor x) => Activation.Silu.Apply(gate.forward(x)).mul(up.forward(x));
}
