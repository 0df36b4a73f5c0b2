using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Running;
using Grafting.Core.Text;
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
    public void Text_alone_never_reaches_the_tower()
    {
        using var tiny = new Tiny();
        using (torch.no_grad())
        using (torch.NewDisposeScope())
            foreach (var (_, parameter) in tiny.Model.All().Where(p => p.Key.StartsWith("encoder", StringComparison.Ordinal)))
                parameter.fill_(float.NaN);
        var batch = StepBatch.Build(Tiny.Samples(0, 3), Tiny.Stage("s", 1), tiny.Model.ImageTokens);
        var gradients = tiny.Gradients(batch);
        Assert.Multiple(() =>
        {
            Assert.That(batch.Parts.Sum(part => part.Pixels.Length), Is.Zero);
            // What a tower of NaN had touched would be NaN; a parameter that takes no part has no gradient.
            Assert.That(gradients.Keys, Is.Not.Empty.And.All.StartsWith("decoder"));
            Assert.That(gradients.Values.SelectMany(g => g), Has.All.Matches<double>(double.IsFinite));
        });
    }

    [Test]
    public void Losses_of_several_pictures_in_a_conversation_do_not_depend_on_what_is_packed_with_it()
    {
        using var tiny = new Tiny();
        var (first, second) = (new Tiny.Source(true).At(0), new Tiny.Source(true).At(1));
        // Both conversations in one, which then has two pictures.
        var both = new EncodedSample(
            "both", new EncodedChat([.. first.Chat.Ids, .. second.Chat.Ids], [.. first.Chat.Weights, .. second.Chat.Weights]),
            [.. first.Pictures, .. second.Pictures]);
        var swapped = both with { Pictures = [.. second.Pictures, .. first.Pictures] };
        double Alone(EncodedSample sample) => Loss([sample]);
        double Loss(IReadOnlyList<EncodedSample> samples) => Validator.Loss(tiny.Model, samples, Tiny.Stage("s", 1));
        var targets = both.Chat.Weights.Count(w => w > 0);
        var others = Tiny.Samples(2, 2);
        var rest = others.Sum(s => s.Chat.Weights.Count(w => w > 0));
        var expected = ((Alone(both) * targets) + (Loss(others) * rest)) / (targets + rest);
        Assert.Multiple(() =>
        {
            // Float32 losses of a few nats; attention sums in another order when the rows are others.
            Assert.That(Loss([others[0], others[2], both, others[1], others[3]]), Is.EqualTo(expected).Within(1e-5));
            Assert.That(Math.Abs(Alone(swapped) - Alone(both)), Is.GreaterThan(1e-3), "the order of pictures matters");
        });
    }

    [Test]
    public void A_stage_with_one_batch_of_all_data_reads_them_interleaved()
    {
        using var folder = new TempFolder();
        using var tiny = new Tiny();
        using var run = RunFolder.Create(folder.Path + "/run", "recipe", "test");
        var stage = Tiny.Stage("mixed", 4, First) with { ImageBatch = 0, TextBatch = 0, TextShare = null, Batch = 5 };
        var data = Tiny.Data with { Mixed = new MixedSource([(new Tiny.Source(true), 8), (new Tiny.Source(false), 4)]) };
        new Trainer(tiny.Model, run, new TrainerSettings()).Train([(stage, data)], "r", "d");
        var pictures = MetricsLog.Read(run.MetricsPath).Select(m => (m["samples"]!.GetValue<int>(), m["pictures"]!.GetValue<int>()));
        // By hand: an epoch of two pictures to one text goes p t p p t p p t p p t p, a tie to the picture; steps of five, and the next
        // epoch from position 12.
        Assert.That(pictures, Is.EqualTo(new[] { (5, 3), (5, 4), (5, 3), (5, 3) }));
    }

    [Test]
    public void A_stage_that_reads_all_data_is_refused_without_any()
    {
        using var folder = new TempFolder();
        using var tiny = new Tiny();
        using var run = RunFolder.Create(folder.Path + "/run", "recipe", "test");
        var stage = Tiny.Stage("mixed", 4, First) with { ImageBatch = 0, TextBatch = 0, TextShare = null, Batch = 5 };
        var fault = Assert.Throws<GraftException>(
            () => new Trainer(tiny.Model, run, new TrainerSettings()).Train([(stage, Tiny.Data)], "r", "d"))!;
        Assert.That(
            (fault.Kind, fault.Message), Is.EqualTo((ErrorKind.Usage, "stage 'mixed' reads samples of all data, and there are none.")));
    }

    [Test]
    public void A_run_stopped_anywhere_and_resumed_gives_the_same_losses_and_weights(
        [Range(1, 9)] int stopAfter, [Values(0, 3)] int workers)
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
            Train(
                folder.Path + "/killed", null, 0,
                new Report(r => { if (r.Stage == "see" && r.Done == 4) throw new InvalidOperationException("killed"); })));
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
        var file = Directory.EnumerateFiles(
            folder.Path + "/run/checkpoints", "model.safetensors", SearchOption.AllDirectories).Order().Last();
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
        Assert.That(
            Assert.Throws<GraftException>(() => RunFolder.Open(folder.Path + "/run", "test").Dispose())!.Message,
            Does.Contain("another process"));
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
        new Trainer(
            tiny.Model, run,
            new TrainerSettings(CheckpointEvery: 3, ValidateEvery: 2, workers)).Train(Stages, "recipe", "data", progress, stop);
        var metrics = MetricsLog.Read(run.MetricsPath);
        return ([.. metrics.SelectMany(Numbers)], Values(tiny.Model));
    }

    static IEnumerable<double> Numbers(JsonObject m) =>
        [
            m["step"]!.GetValue<double>(), m["loss"]!.GetValue<double>(), m["gradientNorm"]!.GetValue<double>(),
            m["validationLoss"]?.GetValue<double>() ?? -1,
        ];

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
