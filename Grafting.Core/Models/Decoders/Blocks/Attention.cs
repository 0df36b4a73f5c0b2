using Grafting.Core.Models.Layers;
using Grafting.Core.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders.Blocks;

/// <summary>Causal self-attention with rotary positions and grouped key/value heads.</summary>
// b batch, s new positions, t all positions, w residual width, h heads, k key/value heads, d head width
internal sealed class Attention : nn.Module
{
    readonly Dense? query;
    readonly Dense? key;
    readonly Dense? value;
    readonly Dense? query_key_value;
    readonly Dense output;
    readonly RmsNorm? query_norm;
    readonly RmsNorm? key_norm;
    readonly DecoderShape _shape;
    readonly int _index;
    readonly Scalar _scale;
    readonly Scalar? _queryFactor;
    readonly SoftCap? _cap;

    /// <param name="index">Place of its keys and values in a cache.</param>
    public Attention(LayerConfig config, int index, Device device, ScalarType dtype) : base(nameof(Attention))
    {
        (_shape, _index) = (config.Shape, index);
        var (heads, kvHeads) = (_shape.Heads * _shape.HeadWidth, _shape.KvHeads * _shape.HeadWidth);
        Kind = new(new Rotary(config.Rope, _shape.HeadWidth), config.Window, NeedsBias: config.ScoreCap is not null);
        if (config.Fused)
        {
            query_key_value = new(_shape.Width, heads + (2 * kvHeads), config.QueryBias, device, dtype);
        }
        else
        {
            query = new(_shape.Width, heads, config.QueryBias, device, dtype);
            key = new(_shape.Width, kvHeads, config.QueryBias, device, dtype);
            value = new(_shape.Width, kvHeads, config.QueryBias, device, dtype);
        }
        output = new(heads, _shape.Width, config.OutputBias, device, dtype);
        query_norm = config.HeadNorms ? new(_shape.HeadWidth, config.NormEpsilon, device, dtype, config.UnitOffsetNorms) : null;
        key_norm = config.HeadNorms ? new(_shape.HeadWidth, config.NormEpsilon, device, dtype, config.UnitOffsetNorms) : null;
        _scale = Math.Pow(_shape.HeadWidth, -0.5);
        // The product of queries and keys is divided by the root of the head width in any case; queries make up for the difference.
        if (config.QueryScalar is { } scalar && scalar != _shape.HeadWidth) _queryFactor = Math.Sqrt(_shape.HeadWidth / scalar);
        _cap = config.ScoreCap is { } cap ? new(cap) : null;
        RegisterComponents();
    }

    public AttentionKind Kind { get; }

    public Tensor forward(Tensor x_bsw, DecoderPass pass)
    {
        var (b, s) = (x_bsw.shape[0], x_bsw.shape[1]);
        var (heads, kvHeads, width) = (_shape.Heads, _shape.KvHeads, _shape.HeadWidth);
        var (cos, sin) = pass.Angles(Kind);
        var (q, k, v) = Project(x_bsw);
        var q_bshd = Kind.Rotary.Apply(Normed(query_norm, q.view(b, s, heads, width)), cos, sin);
        var k_bktd = Kind.Rotary.Apply(Normed(key_norm, k.view(b, s, kvHeads, width)), cos, sin).transpose(1, 2);
        var v_bktd = v.view(b, s, kvHeads, width).transpose(1, 2);
        if (_queryFactor is not null) q_bshd = q_bshd.mul(_queryFactor);
        if (pass.Cache is not null) (k_bktd, v_bktd) = pass.Cache.Append(_index, k_bktd, v_bktd);
        var bias = pass.Bias(Kind);

        Tensor attended_bsv;
        if (_cap is not null)
        {
            attended_bsv = Capped(q_bshd.transpose(1, 2), PerHead(k_bktd), PerHead(v_bktd), bias, _cap).transpose(1, 2);
        }
        else if (s == 1)
        {
            // A single new position needs no copies of keys and values: the heads of a group are the rows of one product.
            attended_bsv = nn.functional.scaled_dot_product_attention(q_bshd.view(b, kvHeads, -1, width), k_bktd, v_bktd, bias);
        }
        else
        {
            attended_bsv = nn.functional.scaled_dot_product_attention(
                q_bshd.transpose(1, 2), PerHead(k_bktd), PerHead(v_bktd), bias, is_casual: pass.IsCausal(Kind)).transpose(1, 2);
        }
        return output.forward(attended_bsv.reshape(b, s, heads * width));
    }

    (Tensor Query, Tensor Key, Tensor Value) Project(Tensor x_bsw)
    {
        if (query_key_value is null) return (query!.forward(x_bsw), key!.forward(x_bsw), value!.forward(x_bsw));
        var all = query_key_value.forward(x_bsw);
        var (heads, kvHeads) = (_shape.Heads * _shape.HeadWidth, _shape.KvHeads * _shape.HeadWidth);
        // Slices are not contiguous, and views by head need that.
        return (
            all.narrow(-1, 0, heads).contiguous(), all.narrow(-1, heads, kvHeads).contiguous(),
            all.narrow(-1, heads + kvHeads, kvHeads).contiguous());
    }

    /// <summary>Attention step by step: no fused kernel caps its scores. Softmax in float32 at least, as the reference takes it.</summary>
    Tensor Capped(Tensor q_bhsd, Tensor k_bhtd, Tensor v_bhtd, Tensor? bias, SoftCap cap)
    {
        var scores_bhst = cap.Apply(q_bhsd.matmul(k_bhtd.transpose(2, 3)).mul(_scale));
        if (bias is not null) scores_bhst = scores_bhst.add(bias, Scalars.One);
        var dtype = q_bhsd.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        return scores_bhst.softmax(-1, dtype).to(q_bhsd.dtype).matmul(v_bhtd);
    }

    static Tensor Normed(RmsNorm? norm, Tensor x_bshd) => norm is null ? x_bshd : norm.forward(x_bshd);

    Tensor PerHead(Tensor x_bktd)
    {
        if (_shape.Heads == _shape.KvHeads) return x_bktd;
        var (b, t, kvHeads, width) = (x_bktd.shape[0], x_bktd.shape[2], _shape.KvHeads, _shape.HeadWidth);
        return x_bktd.unsqueeze(2).expand(b, kvHeads, _shape.Heads / kvHeads, t, width).reshape(b, _shape.Heads, t, width);
    }
}
