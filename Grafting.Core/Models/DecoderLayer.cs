using Grafting.Core.Models.Decoders.Blocks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>One layer of a decoder, which can also be run, trained and replaced apart from the others.</summary>
// b batch, s sequence, w residual width, f inner width of the feed-forward part
public abstract class DecoderLayer : nn.Module
{
    readonly Device _device;
    readonly ScalarType _dtype;

    private protected DecoderLayer(string name, Device device, ScalarType dtype) : base(name) => (_device, _dtype) = (device, dtype);

    /// <summary>
    /// W of the layer's last matrix, [w, f], where the layer's output is linear in it; null where a norm comes behind it.
    /// </summary>
    public virtual Parameter? LastProjection => null;

    /// <summary>What its attention needs of a forward pass.</summary>
    internal abstract AttentionKind Kind { get; }

    /// <param name="x_bsw">The residual stream before the layer.</param>
    /// <param name="positions_bs">int64.</param>
    /// <param name="mask_b1ss">bool, true = may attend; null = causal.</param>
    /// <returns>The residual stream after it, [b, s, w].</returns>
    public Tensor forward(Tensor x_bsw, Tensor positions_bs, Tensor? mask_b1ss = null)
    {
        using var scope = NewDisposeScope();
        return forward(x_bsw, Alone(positions_bs, mask_b1ss)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The layer up to its last matrix: its output is <c>Residual + Features · Wᵀ</c> with the W of <see cref="LastProjection"/> (and its
    /// bias, which stands in the residual here). Whatever is linear in the features can be written into W exactly.
    /// </summary>
    public virtual (Tensor Residual_bsw, Tensor Features_bsf) BeforeLastProjection(
        Tensor x_bsw, Tensor positions_bs, Tensor? mask_b1ss = null) =>
        throw new NotSupportedException($"the output of a {GetType().Name} is not linear in its last matrix");

    /// <remarks>Temporaries die here; what the gradient needs, autograd holds on its own.</remarks>
    internal abstract Tensor forward(Tensor x_bsw, DecoderPass pass);

    private protected DecoderPass Alone(Tensor positions_bs, Tensor? mask_b1ss) =>
        DecoderPass.Create([Kind], positions_bs, mask_b1ss, null, _device, _dtype);
}
