using Grafting.Core.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders.Blocks;

/// <summary>Rotates pairs of features (i, i + d/2) by an angle that grows with the position.</summary>
// b batch, s sequence, h heads, d head width
internal sealed class Rotary(RopeConfig config, int headWidth)
{
    readonly float[] _frequencies = config.InverseFrequencies(headWidth);
    readonly Scalar? _factor = config.AngleFactor is 1 ? null : (Scalar)config.AngleFactor;

    public RopeConfig Config { get; } = config;

    /// <summary>
    /// Cosines and sines for one forward pass, shared by all layers. Angles are float32 or better whatever the model's dtype: a bfloat16
    /// position beyond 256 would be rounded. The first half of the sines is negative, so that a rotation is x·cos + roll(x)·sin.
    /// </summary>
    public (Tensor Cos_bs1d, Tensor Sin_bs1d) Angles(Tensor positions_bs, ScalarType dtype)
    {
        var type = dtype == ScalarType.Float64 ? dtype : ScalarType.Float32;
        var angles = positions_bs.to(type).unsqueeze(-1).unsqueeze(-1).mul(Frequencies(positions_bs, type));
        var (cos, sin) = (angles.cos(), angles.sin());
        if (_factor is not null) (cos, sin) = (cos.mul(_factor), sin.mul(_factor));
        return (torch.cat([cos, cos], -1).to(dtype), torch.cat([sin.neg(), sin], -1).to(dtype));
    }

    public Tensor Apply(Tensor x_bshd, Tensor cos_bs1d, Tensor sin_bs1d) =>
        x_bshd.mul(cos_bs1d).addcmul(x_bshd.roll(headWidth / 2, -1), sin_bs1d, Scalars.One);

    Tensor Frequencies(Tensor positions_bs, ScalarType type)
    {
        var device = positions_bs.device;
        var dynamic = Config.Scaling == RopeScaling.Dynamic && positions_bs.device_type != DeviceType.META;
        var positions = dynamic ? positions_bs.max().cpu().item<long>() + 1 : 0;
        if (type == ScalarType.Float64) return torch.tensor(Config.InverseFrequencies<double>(headWidth, positions), device: device);
        return torch.tensor(dynamic ? Config.InverseFrequencies(headWidth, positions) : _frequencies, device: device);
    }
}
