using Grafting.Core.Models.Layers;
using Grafting.Core.Numerics;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Towers.Clip;

/// <summary>Attention among all tokens, then a feed-forward part, each behind a norm and added to the residual.</summary>
// b batch, s sequence, h heads, d head width, w residual width
internal sealed class ClipBlock : nn.Module
{
    readonly LayerNorm attention_norm;
    readonly Dense query;
    readonly Dense key;
    readonly Dense value;
    readonly Dense output;
    readonly LayerNorm feed_forward_norm;
    readonly Dense up;
    readonly Dense down;
    readonly ClipVisionConfig _config;

    public ClipBlock(ClipVisionConfig config, Device device, ScalarType dtype) : base(nameof(ClipBlock))
    {
        _config = config;
        attention_norm = new(config.Width, config.NormEpsilon, device, dtype);
        query = new(config.Width, config.Width, hasBias: true, device, dtype);
        key = new(config.Width, config.Width, hasBias: true, device, dtype);
        value = new(config.Width, config.Width, hasBias: true, device, dtype);
        output = new(config.Width, config.Width, hasBias: true, device, dtype);
        feed_forward_norm = new(config.Width, config.NormEpsilon, device, dtype);
        up = new(config.Width, config.FeedForwardWidth, hasBias: true, device, dtype);
        down = new(config.FeedForwardWidth, config.Width, hasBias: true, device, dtype);
        RegisterComponents();
    }

    /// <remarks>Temporaries die here; what the gradient needs, autograd holds on its own.</remarks>
    public Tensor forward(Tensor x_bsw)
    {
        using var scope = NewDisposeScope();
        var attended = x_bsw.add(Attend(attention_norm.forward(x_bsw)), Scalars.One);
        var inner = _config.Activation.Apply(up.forward(feed_forward_norm.forward(attended)));
        return attended.add(down.forward(inner), Scalars.One).MoveToOuterDisposeScope();
    }

    Tensor Attend(Tensor x_bsw)
    {
        var attended_bhsd = nn.functional.scaled_dot_product_attention(
            Heads(query.forward(x_bsw)), Heads(key.forward(x_bsw)), Heads(value.forward(x_bsw)));
        return output.forward(attended_bhsd.transpose(1, 2).reshape(x_bsw.shape));
    }

    Tensor Heads(Tensor x_bsw) =>
        x_bsw.view(x_bsw.shape[0], x_bsw.shape[1], _config.Heads, _config.Width / _config.Heads).transpose(1, 2);
}
