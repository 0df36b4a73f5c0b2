using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders;

/// <summary>Turns "who may attend to whom" into what is added to the attention scores, once per forward pass.</summary>
// b batch, s new positions, t all positions
internal static class AttentionMask
{
    /// <summary>
    /// The bias for the scores, or null where a plain causal or no mask does the same. Forbidden scores get a large finite number and
    /// not -∞, so that a query without any key (padding) gives a mean instead of NaN; exp of it is 0 exactly beside any allowed key.
    /// </summary>
    public static Tensor? Bias(Tensor? mask_b1st, long cached, long added, Device device, ScalarType dtype)
    {
        // Without a mask: from the start it is plain causal, and a single new position sees everything.
        if (mask_b1st is null && (cached == 0 || added == 1)) return null;
        var mask = mask_b1st ?? torch.ones([added, cached + added], ScalarType.Bool, device).tril(cached);
        // Half precision ends at 65504, and a score is still added to this.
        using Scalar forbidden = dtype == ScalarType.Float16 ? -3e4 : -1e30;
        return torch.zeros(mask.shape, dtype, device).masked_fill_(mask.logical_not(), forbidden);
    }
}
