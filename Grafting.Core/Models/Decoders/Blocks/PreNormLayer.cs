using Grafting.Core.Models.Layers;
using Grafting.Core.Numerics;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders.Blocks;

/// <summary>Attention, then a gated feed-forward part, each behind a norm and added to the residual: Llama and most others.</summary>
internal sealed class PreNormLayer : DecoderLayer
{
    readonly RmsNorm attention_norm;
    readonly Attention attention;
    readonly RmsNorm feed_forward_norm;
    readonly GatedFeedForward feed_forward;

    /// <param name="index">Place of its keys and values in a cache.</param>
    public PreNormLayer(LayerConfig config, int index, Device device, ScalarType dtype) : base(nameof(PreNormLayer), device, dtype)
    {
        attention_norm = new(config.Shape.Width, config.NormEpsilon, device, dtype, config.UnitOffsetNorms);
        attention = new(config, index, device, dtype);
        feed_forward_norm = new(config.Shape.Width, config.NormEpsilon, device, dtype, config.UnitOffsetNorms);
        feed_forward = new(config, device, dtype);
        RegisterComponents();
    }

    public override Parameter LastProjection => feed_forward.LastProjection;

    internal override AttentionKind Kind => attention.Kind;

    public override (Tensor Residual_bsw, Tensor Features_bsf) BeforeLastProjection(
        Tensor x_bsw, Tensor positions_bs, Tensor? mask_b1ss = null)
    {
        using var scope = NewDisposeScope();
        var attended = x_bsw.add(attention.forward(attention_norm.forward(x_bsw), Alone(positions_bs, mask_b1ss)), Scalars.One);
        var features = feed_forward.Features(feed_forward_norm.forward(attended));
        var residual = feed_forward.LastBias is { } bias ? attended.add(bias, Scalars.One) : attended;
        return (residual.MoveToOuterDisposeScope(), features.MoveToOuterDisposeScope());
    }

    internal override Tensor forward(Tensor x_bsw, DecoderPass pass)
    {
        using var scope = NewDisposeScope();
        var attended = x_bsw.add(attention.forward(attention_norm.forward(x_bsw), pass), Scalars.One);
        return attended.add(feed_forward.forward(feed_forward_norm.forward(attended)), Scalars.One).MoveToOuterDisposeScope();
    }
}
