using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Layers;

/// <summary>Layer normalisation over the last dimension, with weight and bias.</summary>
public sealed class LayerNorm : nn.Module
{
    readonly Parameter weight;
    readonly Parameter bias;
    readonly long[] shape;
    readonly double epsilon;

    public LayerNorm(long width, double epsilon, Device device, ScalarType dtype) : base(nameof(LayerNorm))
    {
        weight = Parameters.Empty(device, dtype, width);
        bias = Parameters.Empty(device, dtype, width);
        shape = [width];
        this.epsilon = epsilon;
        RegisterComponents();
    }

    public Tensor forward(Tensor x) => nn.functional.layer_norm(x, shape, weight, bias, epsilon);
}
