using Grafting.Core.Models.Layers;
using Grafting.Core.Numerics;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Lora;

/// <summary>
/// The branch of low rank beside a frozen matrix: y + alpha/rank · dropout(x) Aᵀ Bᵀ, with A [rank, from] and B [to, rank]. B begins as
/// zeros, so that a fresh adapter changes nothing.
/// </summary>
/// <remarks>
/// A and B are float32 whatever the matrix is, as in PEFT: they are small, the optimizer then needs no master copies of them, and updates
/// far below the matrix's precision are not lost. The branch is computed in float32, and its sum with y is rounded once.
/// </remarks>
public sealed class LoraAdapter : nn.Module
{
    readonly Parameter down;
    readonly Parameter up;
    readonly Scalar _scale;
    readonly string _matrix;
    readonly LoraDropout _dropout;

    /// <param name="matrix">Name of the matrix, which tells its dropout from that of others.</param>
    internal LoraAdapter(
        string matrix, long from, long to, LoraConfig config, LoraDropout dropout, Device device) : base(nameof(LoraAdapter))
    {
        (_matrix, _dropout, _scale) = (matrix, dropout, config.Scale);
        down = Parameters.Empty(device, ScalarType.Float32, config.Rank, from);
        up = Parameters.Empty(device, ScalarType.Float32, to, config.Rank);
        RegisterComponents();
    }

    /// <summary>A, [rank, from], float32.</summary>
    public Parameter Down => down;

    /// <summary>B, [to, rank], float32.</summary>
    public Parameter Up => up;

    /// <param name="y">What the matrix made of x.</param>
    /// <returns>With the branch's share, in y's dtype.</returns>
    internal Tensor AddTo(Tensor y, Tensor x)
    {
        var inner = nn.functional.linear(_dropout.Apply(_matrix, x.to(ScalarType.Float32)), down);
        var share = nn.functional.linear(inner, up).mul(_scale);
        return y.dtype == ScalarType.Float32 ? y.add(share, Scalars.One) : y.to(ScalarType.Float32).add(share, Scalars.One).to(y.dtype);
    }

    /// <summary>A uniform in ±1/√from, which is Kaiming's bound with the slope √5 that PEFT has; B zeros.</summary>
    internal void Initialise(Initialiser initialiser)
    {
        initialiser.Uniform(_matrix, down, 1 / Math.Sqrt(down.shape[1]));
        Initialiser.Constant(up, 0);
    }
}
