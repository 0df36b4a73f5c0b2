using Grafting.Core.Models.Layers;
using Grafting.Core.Numerics;
using TorchSharp.Modules;
using LayerNorm = Grafting.Core.Models.Layers.LayerNorm;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Towers;

/// <summary>What the blocks of a tower are made of.</summary>
/// <param name="QkvBias">Whether queries, keys and values have biases; the other matrices always do.</param>
/// <param name="Scaled">Whether a learned factor per feature stands before each addition to the residual.</param>
/// <param name="Gated">Whether the feed-forward part is SwiGLU, its two inner matrices one above the other.</param>
internal sealed record TowerBlockConfig(
    int Width, int FeedForwardWidth, int Heads, Activation Activation, double NormEpsilon, bool QkvBias = true, bool Scaled = false,
    bool Gated = false);

/// <summary>Attention among all tokens, then a feed-forward part, each behind a norm and added to the residual.</summary>
// b batch, s sequence, h heads, d head width, w residual width
internal sealed class TowerBlock : nn.Module
{
    readonly LayerNorm attention_norm;
    readonly Dense query;
    readonly Dense key;
    readonly Dense value;
    readonly Dense output;
    readonly Parameter? attention_scale;
    readonly LayerNorm feed_forward_norm;
    readonly Dense up;
    readonly Dense down;
    readonly Parameter? feed_forward_scale;
    readonly TowerBlockConfig _config;

    public TowerBlock(TowerBlockConfig config, Device device, ScalarType dtype) : base(nameof(TowerBlock))
    {
        _config = config;
        var (width, inner) = (config.Width, config.FeedForwardWidth);
        attention_norm = new(width, config.NormEpsilon, device, dtype);
        query = new(width, width, config.QkvBias, device, dtype);
        key = new(width, width, config.QkvBias, device, dtype);
        value = new(width, width, config.QkvBias, device, dtype);
        output = new(width, width, hasBias: true, device, dtype);
        attention_scale = config.Scaled ? Parameters.Empty(device, dtype, width) : null;
        feed_forward_norm = new(width, config.NormEpsilon, device, dtype);
        up = new(width, config.Gated ? 2L * inner : inner, hasBias: true, device, dtype);
        down = new(inner, width, hasBias: true, device, dtype);
        feed_forward_scale = config.Scaled ? Parameters.Empty(device, dtype, width) : null;
        RegisterComponents();
    }

    /// <remarks>Temporaries die here; what the gradient needs, autograd holds on its own.</remarks>
    public Tensor forward(Tensor x_bsw)
    {
        using var scope = NewDisposeScope();
        var attended = x_bsw.add(Scale(Attend(attention_norm.forward(x_bsw)), attention_scale), Scalars.One);
        var inner = Activate(up.forward(feed_forward_norm.forward(attended)));
        return attended.add(Scale(down.forward(inner), feed_forward_scale), Scalars.One).MoveToOuterDisposeScope();
    }

    static Tensor Scale(Tensor x_bsw, Parameter? scale) => scale is null ? x_bsw : x_bsw.mul(scale);

    Tensor Activate(Tensor x) => _config.Gated
        ? Activation.Silu.Apply(x.narrow(-1, 0, _config.FeedForwardWidth)).mul(
            x.narrow(-1, _config.FeedForwardWidth, _config.FeedForwardWidth))
        : _config.Activation.Apply(x);

    Tensor Attend(Tensor x_bsw)
    {
        var attended_bhsd = nn.functional.scaled_dot_product_attention(
            Heads(query.forward(x_bsw)), Heads(key.forward(x_bsw)), Heads(value.forward(x_bsw)));
        return output.forward(attended_bhsd.transpose(1, 2).reshape(x_bsw.shape));
    }

    Tensor Heads(Tensor x_bsw) =>
        x_bsw.view(x_bsw.shape[0], x_bsw.shape[1], _config.Heads, _config.Width / _config.Heads).transpose(1, 2);
}
