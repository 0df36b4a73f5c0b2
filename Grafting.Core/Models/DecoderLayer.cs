using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>One layer of a decoder, which can also be run, trained and replaced apart from the others.</summary>
// b batch, s sequence, w residual width, f inner width of the feed-forward part
public abstract class DecoderLayer(string name) : nn.Module(name)
{
    /// <param name="x_bsw">The residual stream before the layer.</param>
    /// <param name="positions_bs">int64.</param>
    /// <param name="mask_b1ss">bool, true = may attend; null = causal.</param>
    /// <returns>The residual stream after it, [b, s, w].</returns>
    public abstract Tensor forward(Tensor x_bsw, Tensor positions_bs, Tensor? mask_b1ss = null);

    /// <summary>
    /// The layer up to its last matrix: its output is <c>Residual + Features · Wᵀ</c> with the W of <see cref="LastProjection"/> (and its
    /// bias, which stands in the residual here). Whatever is linear in the features can be written into W exactly.
    /// </summary>
    public abstract (Tensor Residual_bsw, Tensor Features_bsf) BeforeLastProjection(Tensor x_bsw, Tensor positions_bs, Tensor? mask_b1ss = null);

    /// <summary>W of the layer's last matrix, [w, f].</summary>
    public abstract Parameter LastProjection { get; }
}
