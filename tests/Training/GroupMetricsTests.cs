using Grafting.Core.Training;
using Grafting.Tests.Support;

namespace Grafting.Tests.Training;

public class GroupMetricsTests
{
    [Test]
    public void Every_step_tells_each_groups_rate_and_gradient_norm()
    {
        using var folder = new TempFolder();
        using var tiny = new Tiny();
        using (var run = RunFolder.Create(folder["run"], "recipe", "test"))
        {
            var stage = Tiny.Stage("s", 3, new TrainedPart { Part = "adapter" }, new TrainedPart { Part = "translator", Rate = 0.05 });
            new Trainer(tiny.Model, run, new TrainerSettings()).Train([(stage, Tiny.Data)], "r", "d");
        }
        foreach (var line in MetricsLog.Read(Path.Combine(folder["run"], RunFolder.MetricsName)))
        {
            var groups = line["groups"]!.AsObject();
            var (rate, norm) = (line["learningRate"]!.GetValue<double>(), line["gradientNorm"]!.GetValue<double>());
            Assert.Multiple(() =>
            {
                Assert.That(groups.Select(g => g.Key), Is.EqualTo(new[] { "adapter", "translator" }));
                Assert.That(groups["adapter"]!["rate"]!.GetValue<double>(), Is.EqualTo(rate));
                Assert.That(groups["translator"]!["rate"]!.GetValue<double>(), Is.EqualTo(0.05 * rate));
                // The whole is summed in float32.
                Assert.That(
                    Math.Sqrt(groups.Sum(g => Math.Pow(g.Value!["norm"]!.GetValue<double>(), 2))), Is.EqualTo(norm).Within(1e-6 * norm));
            });
        }
    }
}
