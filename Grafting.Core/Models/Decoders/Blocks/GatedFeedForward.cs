using Grafting.Core.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders.Blocks;

/// <summary>down(activation(gate(x)) · up(x)).</summary>
internal sealed class GatedFeedForward : nn.Module
{
    readonly Dense? gate;
    readonly Dense? up;
    readonly Dense? gate_up;
    readonly Dense down;
    readonly Activation _activation;
    readonly long _inner;

    public GatedFeedForward(LayerConfig config, Device device, ScalarType dtype) : base(nameof(GatedFeedForward))
    {
        var (width, inner) = (config.Shape.Width, config.Shape.FeedForwardWidth);
        (_activation, _inner) = (config.Activation, inner);
        if (config.Fused)
        {
            gate_up = new(width, 2 * inner, config.MlpBias, device, dtype);
        }
        else
        {
            gate = new(width, inner, config.MlpBias, device, dtype);
            up = new(width, inner, config.MlpBias, device, dtype);
        }
        down = new(inner, width, config.MlpBias, device, dtype);
        RegisterComponents();
    }

    public Parameter LastProjection => down.Weight;

    public Parameter? LastBias => down.Bias;

    public Tensor forward(Tensor x) => down.forward(Features(x));

    /// <summary>What the last matrix is applied to.</summary>
    public Tensor Features(Tensor x)
    {
        if (gate_up is null) return _activation.Apply(gate!.forward(x)).mul(up!.forward(x));
        var both = gate_up.forward(x);
        return _activation.Apply(both.narrow(-1, 0, _inner)).mul(both.narrow(-1, _inner, _inner));
    }
}
