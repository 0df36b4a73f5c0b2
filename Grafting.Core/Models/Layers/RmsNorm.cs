using Grafting.Core.Numerics;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Layers;

/// <summary>
/// x / sqrt(mean(x²) + ε) · weight over the last dimension. The statistics are taken in float32 (float64 keeps its own) and the result is
/// cast back before the weight is applied, as Hugging Face does (<c>LlamaRMSNorm</c>): in bfloat16 another order gives other numbers. With
/// a unit offset the factor is 1 + weight, and the cast comes last (<c>Gemma2RMSNorm</c>).
/// </summary>
public sealed class RmsNorm : nn.Module
{
    static readonly long[] LastDimension = [-1];

    readonly Parameter weight;
    readonly Scalar epsilon;
    readonly bool _unitOffset;

    public RmsNorm(long width, double epsilon, Device device, ScalarType dtype, bool unitOffset = false) : base(nameof(RmsNorm))
    {
        weight = Parameters.Empty(device, dtype, width);
        this.epsilon = epsilon;
        _unitOffset = unitOffset;
        RegisterComponents();
    }

    public Tensor forward(Tensor x)
    {
        var isWide = x.dtype is ScalarType.Float32 or ScalarType.Float64;
        var normalised = Normalise(isWide ? x : x.to(ScalarType.Float32));
        if (_unitOffset) return normalised.mul(weight.to(normalised.dtype).add(Scalars.One)).to(x.dtype);
        return (isWide ? normalised : normalised.to(x.dtype)).mul(weight);
    }

    // x·x rather than pow(2): the power would carry a scalar across the native border on every call.
    Tensor Normalise(Tensor x) => x.mul(x.mul(x).mean(LastDimension, keepdim: true).add(epsilon, Scalars.One).rsqrt());
}
