using Grafting.Core.Numerics;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Layers;

/// <summary>
/// x / sqrt(mean(x²) + ε) · weight over the last dimension. The statistics are taken in float32 (float64 keeps its own) and the result is cast back before
/// the weight is applied, as Hugging Face does (<c>LlamaRMSNorm</c>): in bfloat16 another order gives other numbers.
/// </summary>
public sealed class RmsNorm : nn.Module
{
    static readonly long[] LastDimension = [-1];

    readonly Parameter weight;
    readonly Scalar epsilon;

    public RmsNorm(long width, double epsilon, Device device, ScalarType dtype) : base(nameof(RmsNorm))
    {
        weight = Parameters.Empty(device, dtype, width);
        this.epsilon = epsilon;
        RegisterComponents();
    }

    public Tensor forward(Tensor x)
    {
        if (x.dtype is ScalarType.Float32 or ScalarType.Float64) return Normalise(x).mul(weight);
        return Normalise(x.to(ScalarType.Float32)).to(x.dtype).mul(weight);
    }

    // x·x rather than pow(2): the power would carry a scalar across the native border on every call.
    Tensor Normalise(Tensor x) => x.mul(x.mul(x).mean(LastDimension, keepdim: true).add(epsilon, Scalars.One).rsqrt());
}
