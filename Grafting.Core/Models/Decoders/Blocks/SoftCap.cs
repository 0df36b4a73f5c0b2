using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders.Blocks;

/// <summary>c·tanh(x / c): leaves small values as they are and never exceeds c (Gemma 2).</summary>
internal sealed class SoftCap(double cap)
{
    readonly Scalar _cap = cap;

    public Tensor Apply(Tensor x) => x.div(_cap).tanh().mul(_cap);
}
