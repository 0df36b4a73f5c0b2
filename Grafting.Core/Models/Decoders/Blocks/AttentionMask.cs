using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders.Blocks;

/// <summary>Turns "who may attend to whom" into what is added to the attention scores, once per forward pass.</summary>
// b batch, s new positions, t all positions
internal static class AttentionMask
{
    /// <summary>
    /// The bias for the scores, or null where a plain causal or no mask does the same. Forbidden scores get a large finite number and
    /// not -∞, so that a query without any key (padding) gives a mean instead of NaN; exp of it is 0 exactly beside any allowed key.
    /// </summary>
    /// <param name="window">
    /// Nearest positions that are seen, by their place in the row: position i sees j with i − window &lt; j ≤ i. Null for all.
    /// </param>
    /// <param name="spellCausal">Whether a plain causal mask has to be given as a bias, too.</param>
    public static Tensor? Bias(
        Tensor? mask_b1st, long cached, long added, int? window, bool spellCausal, Device device, ScalarType dtype)
    {
        var slides = cached + added > window;
        // Without a mask: from the start it is plain causal, and a single new position sees everything.
        if (mask_b1st is null && !slides && (added == 1 || (cached == 0 && !spellCausal))) return null;
        var everything = torch.ones([added, cached + added], ScalarType.Bool, device);
        var mask = mask_b1st ?? everything.tril(cached);
        if (slides) mask = mask.logical_and(everything.tril(cached - window!.Value).logical_not());
        // Half precision ends at 65504, and a score is still added to this.
        using Scalar forbidden = dtype == ScalarType.Float16 ? -3e4 : -1e30;
        return torch.zeros(mask.shape, dtype, device).masked_fill_(mask.logical_not(), forbidden);
    }
}
