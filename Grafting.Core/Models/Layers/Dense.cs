using Grafting.Core.Models.Lora;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Layers;

/// <summary>
/// y = x Wᵀ + b with W [to, from], and what an adapter of low rank adds to it. Unlike <c>nn.Linear</c> it does not initialise, so that a
/// load does not fill memory twice.
/// </summary>
public sealed class Dense : nn.Module
{
    readonly Parameter weight;
    readonly Parameter? bias;
    LoraAdapter? _adapter;

    public Dense(long from, long to, bool hasBias, Device device, ScalarType dtype) : base(nameof(Dense))
    {
        weight = Parameters.Empty(device, dtype, to, from);
        bias = hasBias ? Parameters.Empty(device, dtype, to) : null;
        RegisterComponents();
    }

    /// <summary>W, [to, from].</summary>
    public Parameter Weight => weight;

    public Parameter? Bias => bias;

    public Tensor forward(Tensor x)
    {
        var y = nn.functional.linear(x, weight, bias);
        return _adapter is null ? y : _adapter.AddTo(y, x);
    }

    /// <summary>Puts an adapter beside the matrix; it becomes a part of this module and is disposed with it.</summary>
    internal void Attach(LoraAdapter adapter)
    {
        if (_adapter is not null) throw new InvalidOperationException("the matrix has an adapter already");
        register_module(LoraAdapters.ModuleName, adapter);
        _adapter = adapter;
    }
}
