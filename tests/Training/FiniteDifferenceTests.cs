using Grafting.Core.Numerics;
using Grafting.Core.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Tests.Training;

/// <summary>The gradient of a whole training step against differences of its loss.</summary>
public class FiniteDifferenceTests
{
    // In float64 the model is smooth to 1e-16; the central difference errs by h² of the third derivative, about 1e-9 here, and by rounding
    // over h, 1e-16 / 1e-5 = 1e-11.
    const double Step = 1e-5;
    const double Tolerance = 1e-7;

    [Test]
    public void Every_tensors_gradient_is_the_slope_of_the_loss([Values] bool recompute)
    {
        using var tiny = new Tiny(dtype: ScalarType.Float64);
        var stage = Tiny.Stage("s", 1) with { MicroBatch = 4 };
        var batch = StepBatch.Build(Tiny.Samples(4, 2), stage, tiny.Model.ImageTokens);
        var gradients = tiny.Gradients(batch, recompute);
        var norm = Math.Sqrt(gradients.Sum(g => g.Value.Sum(v => v * v)));
        foreach (var (name, parameter) in tiny.Model.All())
        {
            // One random direction for each tensor: a wrong entry shows, unless it stands at a right angle by chance.
            var random = new DeterministicRandom(7, (ulong)name.Length + (ulong)parameter.numel());
            var direction = Enumerable.Range(0, (int)parameter.numel()).Select(_ => random.NextGaussian()).ToArray();
            var length = Math.Sqrt(direction.Sum(v => v * v));
            for (var i = 0; i < direction.Length; i++) direction[i] /= length;
            var slope = (LossAt(Step) - LossAt(-Step)) / (2 * Step);
            var expected = gradients.TryGetValue(name, out var gradient) ? gradient.Zip(direction, (g, d) => g * d).Sum() : 0;
            Assert.That(slope, Is.EqualTo(expected).Within(Tolerance * norm), name);

            double LossAt(double way)
            {
                Move(parameter, direction, way);
                var loss = 0.0;
                using (no_grad()) loss = StepGradient.Accumulate(tiny.Model, batch).Total;
                Move(parameter, direction, -way);
                return loss;
            }
        }
    }

    static void Move(Parameter parameter, double[] direction, double way)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        parameter.add_(tensor(direction).mul(way).view(parameter.shape));
    }
}
