using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Running;
using Grafting.Core.Training;
using Grafting.Tests.Support;
using TorchSharp;

namespace Grafting.Tests.Training;

public class TrainerTests
{
    static readonly TrainedPart[] First =
    [
        new() { Part = "adapter" }, new() { Part = "boundary" }, new() { Part = "tower-norm" }, new() { Part = "translator", Rate = 0.05 },
    ];

    static readonly TrainedPart[] Second = [new() { Part = "tower", LastBlocks = 1 }, new() { Part = "adapter" }];

    static IReadOnlyList<(StageConfig, StageData)> Stages =>
        [(Tiny.Stage("align", 5, First), Tiny.Data), (Tiny.Stage("see", 5, Second) with { TextBatch = 0 }, Tiny.Data)];

    [Test]
    public void A_run_stopped_anywhere_and_resumed_gives_the_same_losses_and_weights([Range(1, 9)] int stopAfter, [Values(0, 3)] int workers)
    {
        using var folder = new TempFolder();
        var (losses, weights) = Train(folder.Path + "/whole", null, workers);
        using (var stop = new StopRequest())
        {
            var stopping = new Report(r => { if (r.Done + (r.Stage == "see" ? 5 : 0) == stopAfter) stop.Request("test"); });
            var caught = Assert.Catch(() => Train(folder.Path + "/parts", stop, 0, stopping));
            Assert.That(caught, Is.InstanceOf<GraftException>().With.Property("Kind").EqualTo(ErrorKind.Stopped));
        }
        var (again, resumed) = Train(folder.Path + "/parts", null, workers);
        Assert.Multiple(() =>
        {
            Assert.That(again, Is.EqualTo(losses));
            Assert.That(resumed, Is.EqualTo(weights));
        });
    }

    [Test]
    public void A_run_killed_between_checkpoints_repeats_the_lost_steps_and_logs_each_once()
    {
        using var folder = new TempFolder();
        var (losses, weights) = Train(folder.Path + "/whole", null, 0);
        Assert.Throws<InvalidOperationException>(() =>
            Train(folder.Path + "/killed", null, 0, new Report(r => { if (r.Stage == "see" && r.Done == 4) throw new InvalidOperationException("killed"); })));
        File.AppendAllText(folder.Path + "/killed/metrics.jsonl", "{\"schema\":\"graft.met");
        var (again, resumed) = Train(folder.Path + "/killed", null, 0);
        Assert.Multiple(() =>
        {
            Assert.That(again, Is.EqualTo(losses));
            Assert.That(resumed, Is.EqualTo(weights));
        });
    }

    [Test]
    public void Only_the_chosen_parts_move()
    {
        using var folder = new TempFolder();
        using var tiny = new Tiny();
        var before = Values(tiny.Model);
        using var run = RunFolder.Create(folder.Path + "/run", "recipe", "test");
        new Trainer(tiny.Model, run, new TrainerSettings()).Train([Stages[0]], "r", "d");
        var moved = Values(tiny.Model).Where(p => !p.Value.SequenceEqual(before[p.Key])).Select(p => p.Key).ToList();
        Assert.That(moved, Is.Not.Empty);
        Assert.That(moved, Has.All.Match("(adapter|encoder.(start|end)|post_norm|decoder.*layers.1.)"));
    }

    [Test]
    public void A_flipped_byte_in_a_checkpoint_is_found_and_named()
    {
        using var folder = new TempFolder();
        Train(folder.Path + "/run", null, 0);
        var file = Directory.EnumerateFiles(folder.Path + "/run/checkpoints", "model.safetensors", SearchOption.AllDirectories).Order().Last();
        var bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);
        Assert.That(Assert.Throws<GraftException>(() => Train(folder.Path + "/run", null, 0))!.Message, Does.Contain(file));
    }

    [Test]
    public void Another_recipe_or_other_data_are_refused_on_resume()
    {
        using var folder = new TempFolder();
        Train(folder.Path + "/run", null, 0);
        using var tiny = new Tiny();
        using var run = RunFolder.Open(folder.Path + "/run", "test");
        var trainer = new Trainer(tiny.Model, run, new TrainerSettings());
        Assert.Multiple(() =>
        {
            Assert.That(Assert.Throws<GraftException>(() => trainer.Train(Stages, "other", "data"))!.Message, Does.Contain("recipe"));
            Assert.That(Assert.Throws<GraftException>(() => trainer.Train(Stages, "recipe", "other"))!.Message, Does.Contain("data"));
        });
    }

    [Test]
    public void Two_processes_cannot_train_in_one_folder()
    {
        using var folder = new TempFolder();
        using var run = RunFolder.Create(folder.Path + "/run", "recipe", "test");
        Assert.That(Assert.Throws<GraftException>(() => RunFolder.Open(folder.Path + "/run", "test").Dispose())!.Message, Does.Contain("another process"));
    }

    [Test]
    public void Training_leaves_no_tensor_behind()
    {
        using var folder = new TempFolder();
        var counts = new List<long>();
        Train(folder.Path + "/run", null, 0, new Report(r => { if (r.Stage == "see") counts.Add(torch.Tensor.TotalCount); }));
        Assert.That(counts, Has.All.EqualTo(counts[0]));
    }

    static (List<double> Losses, SortedDictionary<string, float[]> Weights) Train(
        string folder, StopRequest? stop, int workers, IProgress<ProgressReport>? progress = null)
    {
        using var tiny = new Tiny();
        using var run = Directory.Exists(folder) ? RunFolder.Open(folder, "test") : RunFolder.Create(folder, "recipe", "test");
        new Trainer(tiny.Model, run, new TrainerSettings(CheckpointEvery: 3, ValidateEvery: 2, workers)).Train(Stages, "recipe", "data", progress, stop);
        var metrics = MetricsLog.Read(run.MetricsPath);
        return ([.. metrics.SelectMany(Numbers)], Values(tiny.Model));
    }

    static IEnumerable<double> Numbers(JsonObject m) =>
        [m["step"]!.GetValue<double>(), m["loss"]!.GetValue<double>(), m["gradientNorm"]!.GetValue<double>(), m["validationLoss"]?.GetValue<double>() ?? -1];

    static SortedDictionary<string, float[]> Values(TrainingModel model)
    {
        using var scope = torch.NewDisposeScope();
        return new(model.All().ToDictionary(p => p.Key, p => p.Value.detach().data<float>().ToArray()), StringComparer.Ordinal);
    }

    sealed class Report(Action<ProgressReport> action) : IProgress<ProgressReport>
    {
        void IProgress<ProgressReport>.Report(ProgressReport value) => action(value);
    }
}
