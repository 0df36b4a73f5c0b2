using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders.Blocks;

/// <summary>What attention in a layer needs of the pass that it takes part in.</summary>
/// <param name="Window">Nearest positions that it sees; null for all.</param>
/// <param name="NeedsBias">Whether it adds the mask to its scores itself, so that "causal" has to be spelt out.</param>
internal sealed record AttentionKind(Rotary Rotary, int? Window, bool NeedsBias);

/// <summary>
/// What the layers of one forward pass share: made once, before the first of them, for every kind of attention among them.
/// </summary>
// b batch, s new positions, t all positions, d head width
internal sealed class DecoderPass
{
    readonly Dictionary<RopeConfig, (Tensor Cos_bs1d, Tensor Sin_bs1d)> _angles = [];
    readonly Dictionary<(int? Window, bool NeedsBias), Tensor?> _biases = [];
    readonly bool _several;

    DecoderPass(KeyValueCache? cache, bool several) => (Cache, _several) = (cache, several);

    public KeyValueCache? Cache { get; }

    public static DecoderPass Create(
        IEnumerable<AttentionKind> kinds, Tensor positions_bs, Tensor? mask_b1st, KeyValueCache? cache, Device device, ScalarType dtype)
    {
        var added = positions_bs.shape[1];
        var pass = new DecoderPass(cache, added > 1);
        foreach (var kind in kinds)
        {
            if (!pass._angles.ContainsKey(kind.Rotary.Config)) pass._angles[kind.Rotary.Config] = kind.Rotary.Angles(positions_bs, dtype);
            if (!pass._biases.ContainsKey((kind.Window, kind.NeedsBias)))
                pass._biases[(kind.Window, kind.NeedsBias)] = AttentionMask.Bias(
                    mask_b1st, cache?.Length ?? 0, added, kind.Window, kind.NeedsBias, device, dtype);
        }
        return pass;
    }

    public (Tensor Cos_bs1d, Tensor Sin_bs1d) Angles(AttentionKind kind) => _angles[kind.Rotary.Config];

    /// <summary>What is added to the scores, or null where they are plainly causal or everything is visible.</summary>
    public Tensor? Bias(AttentionKind kind) => _biases[(kind.Window, kind.NeedsBias)];

    /// <summary>Whether, with no bias, positions must be kept from seeing later ones.</summary>
    public bool IsCausal(AttentionKind kind) => _several && Bias(kind) is null;
}
