namespace Grafting.Tests.Surrogates.Analysis;

/// <summary>
/// The same statistic as <c>ChangePoint</c>, computed plainly: explicit columns, normal equations by elimination, residuals one by one.
/// </summary>
static class DirectChangePoint
{
    public static (int Layer, double Evidence) Locate(double[] mean, double[] errors)
    {
        var y = mean[1..^1];
        var range = y.Max() - y.Min();
        double[] error = [.. errors[1..^1].Select(value => value / range / range)];
        y = [.. y.Select(value => value / range)];
        var n = y.Length;
        double[] ones = [.. y.Select(_ => 1.0)], index = [.. Enumerable.Range(0, n).Select(i => (double)i)];
        var one = n * Math.Log(Residuals([ones, index], y, ones).Sum(r => r * r) / n + error.Average() + 1e-4) - 2 * Math.Log(n);
        var (layer, two) = (0, double.PositiveInfinity);
        for (var late = 2; late <= n - 2; late++)
        {
            double[] Late(double[] column) => [.. column.Select((value, i) => i < late ? 0 : value)];
            one = Math.Min(one, Cost([ones, index], late, rounds: 4));
            double[] bend = [.. index.Select(i => Math.Max(0, i - (late - 1)))];
            var joined = Cost([ones, index, bend], late, rounds: 4) + Math.Log(n);
            // Free lines do not depend on the weights.
            var free = Cost([ones, index, Late(ones), Late(index)], late, rounds: 1) + 2 * Math.Log(n);
            if (Math.Min(joined, free) < two) (layer, two) = (late + 1, Math.Min(joined, free));
        }
        return (layer, one - two);

        double Cost(double[][] columns, int late, int rounds)
        {
            var (weights, cost) = (ones, 0.0);
            for (var round = 0; round < rounds; round++)
            {
                var residuals = Residuals(columns, y, weights);
                var early = residuals[..late].Average(r => r * r) + error[..late].Average() + 1e-4;
                var rest = residuals[late..].Average(r => r * r) + error[late..].Average() + 1e-4;
                weights = [.. Enumerable.Range(0, n).Select(i => 1 / (i < late ? early : rest))];
                cost = late * Math.Log(early) + (n - late) * Math.Log(rest);
            }
            return cost;
        }
    }

    static double[] Residuals(double[][] columns, double[] y, double[] weights)
    {
        var size = columns.Length;
        var system = new double[size, size + 1];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++) system[i, j] = Dot(columns[i], columns[j]);
            system[i, size] = Dot(columns[i], y);
        }
        for (var pivot = 0; pivot < size; pivot++)
        {
            for (var row = 0; row < size; row++)
            {
                if (row == pivot) continue;
                var factor = system[row, pivot] / system[pivot, pivot];
                for (var column = pivot; column <= size; column++) system[row, column] -= factor * system[pivot, column];
            }
        }
        return [.. y.Select((value, i) => value - Enumerable.Range(0, size).Sum(j => columns[j][i] * system[j, size] / system[j, j]))];

        double Dot(double[] a, double[] b) => Enumerable.Range(0, a.Length).Sum(i => weights[i] * a[i] * b[i]);
    }
}
