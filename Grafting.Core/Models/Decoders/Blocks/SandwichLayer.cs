using Grafting.Core.Models.Layers;
using Grafting.Core.Numerics;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders.Blocks;

/// <summary>
/// Attention, then a gated feed-forward part, each between two norms and added to the residual: Gemma 2 and 3. Its last step is a norm, so
/// that nothing that is linear in its features can be written into its last matrix.
/// </summary>
internal sealed class SandwichLayer : DecoderLayer
{
    readonly RmsNorm attention_norm;
    readonly Attention attention;
    readonly RmsNorm attention_output_norm;
    readonly RmsNorm feed_forward_norm;
    readonly GatedFeedForward feed_forward;
    readonly RmsNorm feed_forward_output_norm;

    /// <param name="index">Place of its keys and values in a cache.</param>
    public SandwichLayer(LayerConfig config, int index, Device device, ScalarType dtype) : base(nameof(SandwichLayer), device, dtype)
    {
        RmsNorm Norm() => new(config.Shape.Width, config.NormEpsilon, device, dtype, config.UnitOffsetNorms);
        attention_norm = Norm();
        attention = new(config, index, device, dtype);
        attention_output_norm = Norm();
        feed_forward_norm = Norm();
        feed_forward = new(config, device, dtype);
        feed_forward_output_norm = Norm();
        RegisterComponents();
    }

    internal override AttentionKind Kind => attention.Kind;

    internal override Tensor forward(Tensor x_bsw, DecoderPass pass)
    {
        using var scope = NewDisposeScope();
        var attended = attention_output_norm.forward(attention.forward(attention_norm.forward(x_bsw), pass)).add(x_bsw, Scalars.One);
        var fed = feed_forward_output_norm.forward(feed_forward.forward(feed_forward_norm.forward(attended)));
        return attended.add(fed, Scalars.One).MoveToOuterDisposeScope();
    }
}
