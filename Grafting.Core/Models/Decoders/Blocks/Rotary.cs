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
    /// Cosines and sines for one forward pass, shared by all layers. Angles are float32 whatever the model's dtype: a bfloat16 position
    /// beyond 256 would be rounded. The first half of the sines is negative, so that a rotation is x·cos + roll(x)·sin.
    /// </summary>
    public (Tensor Cos_bs1d, Tensor Sin_bs1d) Angles(Tensor positions_bs, ScalarType dtype)
    {
        var frequencies = torch.tensor(Frequencies(positions_bs), device: positions_bs.device);
        var angles = positions_bs.to(ScalarType.Float32).unsqueeze(-1).unsqueeze(-1).mul(frequencies);
        var (cos, sin) = (angles.cos(), angles.sin());
        if (_factor is not null) (cos, sin) = (cos.mul(_factor), sin.mul(_factor));
        return (torch.cat([cos, cos], -1).to(dtype), torch.cat([sin.neg(), sin], -1).to(dtype));
    }

    public Tensor Apply(Tensor x_bshd, Tensor cos_bs1d, Tensor sin_bs1d) =>
        x_bshd.mul(cos_bs1d).addcmul(x_bshd.roll(headWidth / 2, -1), sin_bs1d, Scalars.One);

    float[] Frequencies(Tensor positions_bs)
    {
        if (Config.Scaling != RopeScaling.Dynamic || positions_bs.device_type == DeviceType.META) return _frequencies;
        return Config.InverseFrequencies(headWidth, positions_bs.max().cpu().item<long>() + 1);
    }
}
