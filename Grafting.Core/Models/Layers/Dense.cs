using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Layers;

/// <summary>y = x Wᵀ + b with W [to, from]. Unlike <c>nn.Linear</c> it does not initialise, so that a load does not fill memory twice.</summary>
public sealed class Dense : nn.Module
{
    readonly Parameter weight;
    readonly Parameter? bias;

    public Dense(long from, long to, bool hasBias, Device device, ScalarType dtype) : base(nameof(Dense))
    {
        weight = Parameters.Empty(device, dtype, to, from);
        bias = hasBias ? Parameters.Empty(device, dtype, to) : null;
        RegisterComponents();
    }

    /// <summary>W, [to, from].</summary>
    public Parameter Weight => weight;

    public Parameter? Bias => bias;

    public Tensor forward(Tensor x) => nn.functional.linear(x, weight, bias);
}
