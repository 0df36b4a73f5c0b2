using System.Text.Json.Nodes;
using Grafting.Core.Data;
using Grafting.Core.Running;
using Grafting.Core.Training;
using TorchSharp;

namespace Grafting.Tests.Training;

/// <summary>
/// Short runs of two stages over <see cref="Tiny"/>. The samples are few and read again and again: of the 7 with a picture and the 3
/// without, a first epoch ends within the second step.
/// </summary>
static class TinyRun
{
    /// <summary>Steps of each stage.</summary>
    public const int Steps = 5;

    public static IReadOnlyList<(StageConfig, StageData)> Stages(int steps = Steps, int microBatch = 32)
    {
        TrainedPart[] first =
        [
            new() { Part = "adapter" }, new() { Part = "boundary" }, new() { Part = "tower-norm" }, new()
            {
                Part = "translator",
                Rate = 0.05,
            },
        ];
        TrainedPart[] second = [new() { Part = "tower", LastBlocks = 1 }, new() { Part = "adapter" }];
        var data = new StageData(new Again(true, 7), new Again(false, 3), Tiny.Data.Validation);
        return
        [
            (Tiny.Stage("align", steps, first) with { MicroBatch = microBatch }, data),
            (Tiny.Stage("see", steps, second) with { TextBatch = 0, MicroBatch = microBatch }, data),
        ];
    }

    /// <summary>Trains in a new folder, or goes on in one that is there.</summary>
    public static Trained Train(
        string folder,
        TrainerSettings settings,
        int steps = Steps,
        int microBatch = 32,
        IProgress<ProgressReport>? progress = null,
        StopRequest? stop = null)
    {
        using var tiny = new Tiny();
        using var run = Directory.Exists(folder) ? RunFolder.Open(folder, "test") : RunFolder.Create(folder, "recipe", "test");
        new Trainer(tiny.Model, run, settings).Train(Stages(steps, microBatch), "recipe", "data", progress, stop);
        using var scope = torch.NewDisposeScope();
        return new Trained(
            [.. MetricsLog.Read(run.MetricsPath).SelectMany(Numbers)],
            new(tiny.Model.All().ToDictionary(p => p.Key, p => p.Value.detach().data<float>().ToArray()), StringComparer.Ordinal));
    }

    /// <summary>Steps of the whole run that a report of progress stands for.</summary>
    public static int StepOf(ProgressReport report, int steps = Steps) => (int)report.Done + (report.Stage == "see" ? steps : 0);

    static IEnumerable<double> Numbers(JsonObject m) =>
        [
            m["step"]!.GetValue<double>(), m["loss"]!.GetValue<double>(), m["gradientNorm"]!.GetValue<double>(),
            m["validationLoss"]?.GetValue<double>() ?? -1,
        ];

    sealed class Again(bool pictures, int count) : ISampleSource
    {
        readonly SampleOrder _order = new(5, count);

        public EncodedSample At(long position) => new Tiny.Source(pictures).At(_order.At(position));
    }
}

/// <param name="Numbers">Of every step: its number, loss, norm and validation loss.</param>
/// <param name="Weights">By name.</param>
sealed record Trained(IReadOnlyList<double> Numbers, SortedDictionary<string, float[]> Weights)
{
    /// <summary>Bit for bit.</summary>
    public void AssertIs(Trained other) => Assert.Multiple(() =>
    {
        Assert.That(Numbers, Is.EqualTo(other.Numbers));
        Assert.That(Weights, Is.EqualTo(other.Weights));
    });
}
