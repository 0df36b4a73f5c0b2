namespace Grafting.Tests.Models.Towers;

/// <summary>What a tower in plain loops has to know.</summary>
/// <param name="Side">Patches per side that the position table is for.</param>
/// <param name="Registers">Register tokens behind the class token.</param>
/// <param name="TanhGelu">Whether the activation is GELU's approximation; exact otherwise.</param>
/// <param name="Antialias">Whether positions are averaged when their grid shrinks.</param>
sealed record DoubleTowerSettings(
    int Width, int Heads, int Layers, int Patch, int Side, bool ClassToken = true, int Registers = 0, bool Gated = false,
    bool TanhGelu = false,
    bool Antialias = false, double Epsilon = 1e-6);

/// <summary>
/// A vision transformer in plain loops over doubles, with nothing in common with the product: an independent computation for DINOv2, by the
/// names of its tensors in transformers. Its blocks are held against numbers that others computed for SigLIP, whose blocks are the same but
/// for scales.
/// </summary>
/// <param name="tensors">Values by name; a scale or a bias that is not there is left out of the sums.</param>
sealed class DoubleTower(DoubleTowerSettings settings, IReadOnlyDictionary<string, double[]> tensors)
{
    readonly int _width = settings.Width;

    /// <param name="pixels">[3, height, width]</param>
    /// <returns>
    /// Rows of tokens: what enters the first block and what each block makes of it; and the last of them behind the last norm.
    /// </returns>
    public (double[][][] States, double[][] Last) Run(double[] pixels, int height, int width)
    {
        var x = Embed(pixels, height, width);
        var states = new List<double[][]> { x };
        for (var layer = 0; layer < settings.Layers; layer++) states.Add(x = Block(x, $"encoder.layer.{layer}."));
        return ([.. states], Array.ConvertAll(x, row => Norm(row, "layernorm")));
    }

    double[][] Embed(double[] pixels, int height, int width)
    {
        var (p, rows, columns) = (settings.Patch, height / settings.Patch, width / settings.Patch);
        var tokens = new List<double[]>();
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++)
            {
                var patch = new double[3 * p * p];
                for (var channel = 0; channel < 3; channel++)
                    for (var i = 0; i < p; i++)
                        for (var j = 0; j < p; j++)
                            patch[((channel * p) + i) * p + j] = pixels[((channel * height) + (r * p) + i) * width + (c * p) + j];
                tokens.Add(Linear(patch, "embeddings.patch_embeddings.projection"));
            }
        }
        var classes = settings.ClassToken ? 1 : 0;
        var table = tensors["embeddings.position_embeddings"].Chunk(_width).ToArray();
        var places = Resample(table[classes..], rows, columns);
        double[][] patches = [.. tokens.Zip(places, Sum)];
        if (!settings.ClassToken) return patches;
        var registers = settings.Registers == 0 ? [] : tensors["embeddings.register_tokens"].Chunk(_width);
        return [Sum(tensors["embeddings.cls_token"], table[0]), .. registers, .. patches];
    }

    double[][] Resample(double[][] grid, int rows, int columns)
    {
        var side = settings.Side;
        if (rows == side && columns == side) return grid;
        var (down, across) = (Weights(side, rows), Weights(side, columns));
        var result = new double[rows * columns][];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++)
            {
                var sum = new double[_width];
                for (var i = 0; i < side; i++)
                    for (var j = 0; j < side; j++)
                        for (var d = 0; d < _width; d++) sum[d] += down[r][i] * across[c][j] * grid[(i * side) + j][d];
                result[(r * columns) + c] = sum;
            }
        }
        return result;
    }

    /// <summary>
    /// How much of each of <paramref name="from"/> places goes into each of <paramref name="to"/>; PyTorch's bicubic with corners not
    /// aligned.
    /// </summary>
    double[][] Weights(int from, int to)
    {
        var weights = new double[to][];
        for (var i = 0; i < to; i++)
        {
            weights[i] = new double[from];
            var centre = (i + 0.5) * from / to;
            if (settings.Antialias)
            {
                // Keys's kernel with -1/2, stretched where the grid shrinks and cut off at the border.
                var stretch = Math.Max(1, (double)from / to);
                for (var j = 0; j < from; j++) weights[i][j] = Cubic((j + 0.5 - centre) / stretch, -0.5);
                var sum = weights[i].Sum();
                for (var j = 0; j < from; j++) weights[i][j] /= sum;
                continue;
            }
            // With -3/4 between four neighbours; beyond the border the outermost is repeated.
            var first = (int)Math.Floor(centre - 0.5) - 1;
            for (var j = first; j < first + 4; j++) weights[i][Math.Clamp(j, 0, from - 1)] += Cubic(j + 0.5 - centre, -0.75);
        }
        return weights;
    }

    static double Cubic(double x, double a)
    {
        x = Math.Abs(x);
        if (x < 1) return (((a + 2) * x) - (a + 3)) * x * x + 1;
        return x < 2 ? ((((x - 5) * x) + 8) * x - 4) * a : 0;
    }

    double[][] Block(double[][] x, string prefix)
    {
        var normed = Array.ConvertAll(x, row => Norm(row, prefix + "norm1"));
        double[][] Part(string name) => Array.ConvertAll(normed, row => Linear(row, $"{prefix}attention.attention.{name}"));
        var (queries, keys, values) = (Part("query"), Part("key"), Part("value"));
        return [.. x.Select((row, at) =>
        {
            var attended = Linear(Attend(queries[at], keys, values), prefix + "attention.output.dense");
            var middle = Sum(row, Scaled(attended, prefix + "layer_scale1.lambda1"));
            return Sum(middle, Scaled(FeedForward(Norm(middle, prefix + "norm2"), prefix + "mlp."), prefix + "layer_scale2.lambda1"));
        })];
    }

    double[] FeedForward(double[] row, string prefix)
    {
        if (!settings.Gated) return Linear(Array.ConvertAll(Linear(row, prefix + "fc1"), Activate), prefix + "fc2");
        var both = Linear(row, prefix + "weights_in");
        var half = both.Length / 2;
        return Linear(
            [.. Enumerable.Range(0, half).Select(i => both[i] / (1 + Math.Exp(-both[i])) * both[half + i])], prefix + "weights_out");
    }

    double[] Attend(double[] query, double[][] keys, double[][] values)
    {
        var size = _width / settings.Heads;
        var attended = new double[_width];
        for (var start = 0; start < _width; start += size)
        {
            var scores = Array.ConvertAll(keys, key => Enumerable.Range(start, size).Sum(d => query[d] * key[d]) / Math.Sqrt(size));
            var weights = Array.ConvertAll(scores, score => Math.Exp(score - scores.Max()));
            var total = weights.Sum();
            for (var t = 0; t < keys.Length; t++)
                for (var d = start; d < start + size; d++) attended[d] += weights[t] / total * values[t][d];
        }
        return attended;
    }

    double Activate(double x) => settings.TanhGelu
        ? 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))))
        : 0.5 * x * (1 + Erf(x / Math.Sqrt(2)));

    /// <summary>A series of terms of one sign, so that nothing cancels.</summary>
    static double Erf(double x)
    {
        if (Math.Abs(x) > 6) return Math.Sign(x);
        var (sum, term) = (0.0, x);
        for (var n = 1; Math.Abs(term) > 1e-18; n++)
        {
            sum += term;
            term *= 2 * x * x / ((2 * n) + 1);
        }
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    double[] Norm(double[] row, string name)
    {
        var mean = row.Average();
        var scale = 1 / Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + settings.Epsilon);
        var (weight, bias) = (tensors[name + ".weight"], tensors[name + ".bias"]);
        return [.. row.Select((v, i) => ((v - mean) * scale * weight[i]) + bias[i])];
    }

    double[] Linear(double[] row, string name)
    {
        var matrix = tensors[name + ".weight"];
        var product = new double[matrix.Length / row.Length];
        for (var i = 0; i < product.Length; i++)
            for (var j = 0; j < row.Length; j++) product[i] += matrix[(i * row.Length) + j] * row[j];
        return tensors.TryGetValue(name + ".bias", out var bias) ? Sum(product, bias) : product;
    }

    double[] Scaled(double[] row, string name) => tensors.TryGetValue(name, out var scale) ? [.. row.Zip(scale, (v, s) => v * s)] : row;

    static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];
}
