using System.Text.Json;
using Grafting.Core.Checkpoints;

namespace Grafting.Tests.Models;

/// <summary>
/// A Llama in plain loops over doubles, with nothing in common with the product but the file reader: an independent computation, itself
/// held against numbers that others computed.
/// </summary>
sealed class DoubleLlama : IDisposable
{
    readonly Checkpoint _checkpoint;
    readonly Dictionary<string, double[]> _tensors = [];
    readonly int _width, _heads, _kvHeads, _headWidth;
    readonly double _epsilon, _theta;

    public DoubleLlama(string folder)
    {
        _checkpoint = Checkpoint.Open(folder);
        int Int(string name) => _checkpoint.Config.GetProperty(name).GetInt32();
        (_width, _heads, _kvHeads, Layers, Vocabulary) = (
            Int("hidden_size"), Int("num_attention_heads"), Int("num_key_value_heads"), Int("num_hidden_layers"), Int("vocab_size"));
        _headWidth = _checkpoint.Config.TryGetProperty("head_dim", out var width) && width.ValueKind == JsonValueKind.Number
            ? width.GetInt32()
            : _width / _heads;
        (_epsilon, _theta) = (
            _checkpoint.Config.GetProperty("rms_norm_eps").GetDouble(), _checkpoint.Config.GetProperty("rope_theta").GetDouble());
    }

    /// <summary>Angle per position of each pair of features, by its number; as the configuration's base alone says, unless set.</summary>
    public Func<int, double>? Frequency { get; init; }

    /// <summary>What cosines and sines are multiplied by.</summary>
    public double AngleFactor { get; init; } = 1;

    public int Layers { get; }

    public int Vocabulary { get; }

    /// <summary>
    /// Rows of states per border: the embeddings, then what each layer makes of them, the last one before the final norm.
    /// </summary>
    public double[][][] Borders(int[] ids)
    {
        var table = Tensor("model.embed_tokens.weight");
        var x = Array.ConvertAll(ids, id => table[(id * _width)..((id + 1) * _width)]);
        var borders = new List<double[][]> { x };
        for (var layer = 0; layer < Layers; layer++) borders.Add(x = Layer(x, $"model.layers.{layer}."));
        return [.. borders];
    }

    /// <summary>Log-probabilities over the vocabulary for one row of states, through final norm and (tied) head.</summary>
    public double[] LogProbabilities(double[] state)
    {
        var name = _checkpoint.Tensors.ContainsKey("lm_head.weight") ? "lm_head.weight" : "model.embed_tokens.weight";
        var logits = Times(name, Norm(state, "model.norm.weight"));
        var most = logits.Max();
        var total = most + Math.Log(logits.Sum(logit => Math.Exp(logit - most)));
        return Array.ConvertAll(logits, logit => logit - total);
    }

    public void Dispose() => _checkpoint.Dispose();

    double[][] Layer(double[][] x, string prefix)
    {
        var normed = Array.ConvertAll(x, row => Norm(row, prefix + "input_layernorm.weight"));
        var queries = normed.Select((row, at) => Rotate(Times(prefix + "self_attn.q_proj.weight", row), at)).ToArray();
        var keys = normed.Select((row, at) => Rotate(Times(prefix + "self_attn.k_proj.weight", row), at)).ToArray();
        var values = Array.ConvertAll(normed, row => Times(prefix + "self_attn.v_proj.weight", row));
        return [.. x.Select((row, at) =>
        {
            var attended = new double[_heads * _headWidth];
            for (var head = 0; head < _heads; head++) Attend(queries[at], keys, values, at, head, attended);
            var middle = Sum(row, Times(prefix + "self_attn.o_proj.weight", attended));
            var inner = Norm(middle, prefix + "post_attention_layernorm.weight");
            var gate = Array.ConvertAll(Times(prefix + "mlp.gate_proj.weight", inner), g => g / (1 + Math.Exp(-g)));
            var up = Times(prefix + "mlp.up_proj.weight", inner);
            return Sum(middle, Times(prefix + "mlp.down_proj.weight", [.. gate.Zip(up, (g, u) => g * u)]));
        })];
    }

    void Attend(double[] query, double[][] keys, double[][] values, int at, int head, double[] attended)
    {
        var group = head / (_heads / _kvHeads) * _headWidth;
        var scores = Enumerable.Range(0, at + 1).Select(t =>
            Enumerable.Range(0, _headWidth).Sum(
                d => query[(head * _headWidth) + d] * keys[t][group + d]) / Math.Sqrt(_headWidth)).ToArray();
        var weights = Array.ConvertAll(scores, score => Math.Exp(score - scores.Max()));
        for (var t = 0; t <= at; t++)
            for (var d = 0; d < _headWidth; d++) attended[(head * _headWidth) + d] += weights[t] / weights.Sum() * values[t][group + d];
    }

    double[] Rotate(double[] row, int position)
    {
        var rotated = new double[row.Length];
        var half = _headWidth / 2;
        for (var start = 0; start < row.Length; start += _headWidth)
        {
            for (var i = 0; i < half; i++)
            {
                var angle = position * (Frequency?.Invoke(i) ?? Math.Pow(_theta, -2.0 * i / _headWidth));
                var (cos, sin) = (AngleFactor * Math.Cos(angle), AngleFactor * Math.Sin(angle));
                rotated[start + i] = (row[start + i] * cos) - (row[start + i + half] * sin);
                rotated[start + i + half] = (row[start + i + half] * cos) + (row[start + i] * sin);
            }
        }
        return rotated;
    }

    double[] Norm(double[] row, string name)
    {
        var scale = 1 / Math.Sqrt((row.Sum(v => v * v) / row.Length) + _epsilon);
        return [.. row.Zip(Tensor(name), (v, weight) => v * scale * weight)];
    }

    double[] Times(string name, double[] row)
    {
        var matrix = Tensor(name);
        var product = new double[matrix.Length / row.Length];
        for (var i = 0; i < product.Length; i++)
            for (var j = 0; j < row.Length; j++) product[i] += matrix[(i * row.Length) + j] * row[j];
        return product;
    }

    double[] Tensor(string name)
    {
        if (!_tensors.TryGetValue(name, out var values))
            _tensors[name] = values = Array.ConvertAll(_checkpoint.Tensor(name).File.ReadFloats(name), v => (double)v);
        return values;
    }

    static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];
}
