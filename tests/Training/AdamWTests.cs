using Grafting.Core.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = Grafting.Core.Training.AdamW;

namespace Grafting.Tests.Training;

public class AdamWTests
{
    [Test]
    public void Follows_the_published_recurrence()
    {
        var config = new AdamWConfig { Beta1 = 0.9, Beta2 = 0.95, Epsilon = 1e-6, WeightDecay = 0.1 };
        double[] start = [0.5, -1, 2, 0.1];
        using var parameter = new Parameter(tensor(start.Select(v => (float)v).ToArray(), [2, 2]));
        using var optimizer = new AdamW(config, [new ParameterGroup("p", 0.5, [KeyValuePair.Create("p", parameter)])]);
        var (w, m, v) = (start.ToArray(), new double[4], new double[4]);
        for (var step = 1; step <= 5; step++)
        {
            using (var scope = NewDisposeScope())
            {
                parameter.grad?.zero_();
                (parameter * parameter * parameter).sum().backward();
            }
            optimizer.Step(0.02);
            for (var i = 0; i < 4; i++)
            {
                var g = 3 * w[i] * w[i];
                m[i] = (0.9 * m[i]) + (0.1 * g);
                v[i] = (0.95 * v[i]) + (0.05 * g * g);
                w[i] -= 0.01 * 0.1 * w[i];
                w[i] -= 0.01 * (m[i] / (1 - Math.Pow(0.9, step))) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.95, step))) + 1e-6);
            }
            // Float32 against float64 over five steps.
            using var now = parameter.detach();
            Assert.That(now.data<float>().ToArray().Select(x => (double)x), Is.EqualTo(w).Within(2e-6));
        }
    }

    [Test]
    public void A_vector_does_not_decay()
    {
        using var parameter = new Parameter(ones(3));
        using var optimizer = new AdamW(
            new AdamWConfig { WeightDecay = 0.5 }, [new ParameterGroup("p", 1, [KeyValuePair.Create("p", parameter)])]);
        using (var scope = NewDisposeScope()) (parameter * 0).sum().backward();
        optimizer.Step(0.1);
        using var now = parameter.detach();
        Assert.That(now.data<float>().ToArray(), Is.EqualTo(new float[] { 1, 1, 1 }));
    }
}
