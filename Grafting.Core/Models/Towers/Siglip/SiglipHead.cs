using Grafting.Core.Models.Layers;
using Grafting.Core.Numerics;
using TorchSharp.Modules;
using LayerNorm = Grafting.Core.Models.Layers.LayerNorm;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Towers.Siglip;

/// <summary>Pools a picture's tokens: one learned query attends to all of them, and a feed-forward part follows.</summary>
// b batch, t tokens, h heads, e head width, d features
internal sealed class SiglipHead : nn.Module
{
    readonly Parameter probe;

    // Queries, keys and values one below the other, as PyTorch's multi-head attention keeps them.
    readonly Parameter inner_weight;
    readonly Parameter inner_bias;
    readonly Dense output;
    readonly LayerNorm norm;
    readonly Dense up;
    readonly Dense down;
    readonly SiglipVisionConfig _config;

    public SiglipHead(SiglipVisionConfig config, Device device, ScalarType dtype) : base(nameof(SiglipHead))
    {
        _config = config;
        probe = Parameters.Empty(device, dtype, 1, 1, config.Width);
        inner_weight = Parameters.Empty(device, dtype, 3L * config.Width, config.Width);
        inner_bias = Parameters.Empty(device, dtype, 3L * config.Width);
        output = new(config.Width, config.Width, hasBias: true, device, dtype);
        norm = new(config.Width, config.NormEpsilon, device, dtype);
        up = new(config.Width, config.FeedForwardWidth, hasBias: true, device, dtype);
        down = new(config.FeedForwardWidth, config.Width, hasBias: true, device, dtype);
        RegisterComponents();
    }

    /// <returns>[b, d] for tokens behind the last norm.</returns>
    public Tensor forward(Tensor x_btd)
    {
        using var scope = NewDisposeScope();
        var (b, d) = (x_btd.shape[0], (long)_config.Width);
        var query_bhse = Inner(probe.expand(b, 1, d), 0);
        var attended_bhse = nn.functional.scaled_dot_product_attention(query_bhse, Inner(x_btd, 1), Inner(x_btd, 2));
        var pooled_bd = output.forward(attended_bhse.transpose(1, 2).reshape(b, d));
        var inner = _config.Activation.Apply(up.forward(norm.forward(pooled_bd)));
        return pooled_bd.add(down.forward(inner), Scalars.One).MoveToOuterDisposeScope();
    }

    Tensor Inner(Tensor x_btd, long part)
    {
        var width = _config.Width;
        var y_btd = nn.functional.linear(x_btd, inner_weight.narrow(0, part * width, width), inner_bias.narrow(0, part * width, width));
        return y_btd.view(y_btd.shape[0], y_btd.shape[1], _config.Heads, width / _config.Heads).transpose(1, 2);
    }
}
