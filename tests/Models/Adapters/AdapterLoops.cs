using Grafting.Core.Models;
using Grafting.Core.Models.Adapters;

namespace Grafting.Tests.Models.Adapters;

/// <summary>
/// The adapters once more in float64, number by number and without tensors: what they should give for the features of one square.
/// </summary>
/// <param name="values">Of the parameters, by name.</param>
sealed class AdapterLoops(AdapterConfig config, FeatureGrid grid, IReadOnlyDictionary<string, double[]> values)
{
    int Width => config.VisionWidth;

    /// <param name="features">Token by token.</param>
    public double[] Run(double[] features) => config switch
    {
        MlpAdapterConfig mlp => Mlp("", features, Width, mlp.Depth),
        PixelShuffleConfig shuffle => Mlp("mlp.", Joined(features, shuffle.Factor), Width * shuffle.Factor * shuffle.Factor, shuffle.Depth),
        AveragePoolConfig pool => Mlp("mlp.", Means(features, pool.Factor), Width, pool.Depth),
        ResamplerConfig resampler => Resample(features, resampler),
        _ => throw new NotSupportedException(config.ToString()),
    };

    double[] Mlp(string prefix, double[] x, int width, int depth)
    {
        for (var layer = 0; layer < depth; layer++)
        {
            if (layer > 0) x = Array.ConvertAll(x, Gelu);
            x = Linear($"{prefix}layers.{layer}", x, layer == 0 ? width : config.LanguageWidth, config.LanguageWidth);
        }
        return x;
    }

    /// <summary>Of each cell: its first row from left to right, then its second row.</summary>
    double[] Joined(double[] x, int k)
    {
        var joined = new List<double>();
        for (var top = 0; top < grid.Rows; top += k)
            for (var left = 0; left < grid.Columns; left += k)
                for (var row = top; row < top + k; row++)
                    for (var column = left; column < left + k; column++)
                        for (var c = 0; c < Width; c++) joined.Add(x[((row * grid.Columns) + column) * Width + c]);
        return [.. joined];
    }

    double[] Means(double[] x, int k)
    {
        var cells = new double[grid.Tokens / (k * k) * Width];
        for (var row = 0; row < grid.Rows; row++)
            for (var column = 0; column < grid.Columns; column++)
                for (var c = 0; c < Width; c++)
                    cells[((row / k * (grid.Columns / k)) + column / k) * Width + c] += x[((row * grid.Columns) + column) * Width + c] / (
                        k * k);
        return cells;
    }

    double[] Resample(double[] features, ResamplerConfig resampler)
    {
        var latents = values["queries"];
        for (var layer = 0; layer < resampler.Depth; layer++)
        {
            string Part(string name) => $"layers.{layer}.{name}";
            var read = Norm(Part("feature_norm"), features);
            var seen = Attend(
                Linear(Part("query"), Norm(Part("query_norm"), latents), Width, Width), Linear(Part("key"), read, Width, Width),
                Linear(Part("value"), read, Width, Width), resampler.Heads);
            latents = Sum(latents, Linear(Part("output"), seen, Width, Width));
            var inner = Array.ConvertAll(Linear(Part("up"), Norm(Part("feed_forward_norm"), latents), Width, 4 * Width), Gelu);
            latents = Sum(latents, Linear(Part("down"), inner, 4 * Width, Width));
        }
        return Linear("projection", Norm("norm", latents), Width, config.LanguageWidth);
    }

    double[] Attend(double[] queries, double[] keys, double[] heldValues, int heads)
    {
        var (size, q, v) = (Width / heads, queries.Length / Width, keys.Length / Width);
        var given = new double[queries.Length];
        for (var head = 0; head < heads; head++)
        {
            for (var i = 0; i < q; i++)
            {
                var scores = new double[v];
                for (var j = 0; j < v; j++)
                    for (var c = head * size; c < (head + 1) * size; c++)
                        scores[j] += queries[i * Width + c] * keys[j * Width + c] / Math.Sqrt(size);
                var total = scores.Sum(Math.Exp);
                for (var j = 0; j < v; j++)
                    for (var c = head * size; c < (head + 1) * size; c++)
                        given[i * Width + c] += Math.Exp(scores[j]) / total * heldValues[j * Width + c];
            }
        }
        return given;
    }

    double[] Linear(string name, double[] x, int from, int to)
    {
        var (weight, bias) = (values[name + ".weight"], values[name + ".bias"]);
        var y = new double[x.Length / from * to];
        for (var n = 0; n < x.Length / from; n++)
        {
            for (var i = 0; i < to; i++)
            {
                y[n * to + i] = bias[i];
                for (var j = 0; j < from; j++) y[n * to + i] += weight[i * from + j] * x[n * from + j];
            }
        }
        return y;
    }

    double[] Norm(string name, double[] x)
    {
        var (weight, bias) = (values[name + ".weight"], values[name + ".bias"]);
        var y = new double[x.Length];
        for (var n = 0; n < x.Length; n += Width)
        {
            var mean = x.Skip(n).Take(Width).Average();
            var variance = x.Skip(n).Take(Width).Average(value => (value - mean) * (value - mean));
            for (var c = 0; c < Width; c++) y[n + c] = (x[n + c] - mean) / Math.Sqrt(variance + 1e-5) * weight[c] + bias[c];
        }
        return y;
    }

    static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    static double Gelu(double x) => x / 2 * (1 + Erf(x / Math.Sqrt(2)));

    /// <summary>The series, which converges everywhere and loses a digit or two for the sizes that occur here.</summary>
    static double Erf(double x)
    {
        var (term, sum) = (x, x);
        for (var n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
        {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
