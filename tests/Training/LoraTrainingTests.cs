using Grafting.Core;
using Grafting.Core.Models.Lora;
using Grafting.Core.Running;
using Grafting.Core.Training;
using Grafting.Tests.Support;
using TorchSharp;

namespace Grafting.Tests.Training;

/// <summary>Adapters of low rank in the trainer: what moves, and what a resumed run drops.</summary>
public class LoraTrainingTests
{
    static readonly LoraConfig Config = new() { Rank = 2, Alpha = 8, Dropout = 0.3, Targets = ["q_proj", "v_proj"] };

    static StageConfig Stage =>
        Tiny.Stage("finetune", 6, new TrainedPart { Part = "lora" }, new TrainedPart { Part = "adapter" }) with { MicroBatch = 2 };

    [Test]
    public void Adapters_move_and_the_decoder_stays()
    {
        using var folder = new TempFolder();
        using var tiny = new Tiny();
        var model = WithAdapters(tiny);
        var before = Values(model);
        using var run = RunFolder.Create(folder["run"], "recipe", "test");
        new Trainer(model, run, new TrainerSettings()).Train([(Stage, Tiny.Data)], "r", "d");
        var moved = Values(model).Where(p => !p.Value.SequenceEqual(before[p.Key])).Select(p => p.Key).ToList();
        Assert.That(moved, Has.All.Match("^(decoder.*[.]lora[.](up|down)|encoder[.]adapter.*)$"));
        Assert.That(
            moved.Count(name => name.StartsWith("decoder.", StringComparison.Ordinal)), Is.EqualTo(2 * 2 * 3),
            "A and B of two matrices in three layers");
    }

    [Test]
    public void The_part_decoder_is_the_decoder_without_its_adapters()
    {
        using var tiny = new Tiny();
        var all = tiny.Model.Choose([new TrainedPart { Part = "decoder" }])[0].Count;
        var model = WithAdapters(tiny);
        Assert.Multiple(() =>
        {
            Assert.That(model.Choose([new TrainedPart { Part = "decoder" }])[0].Count, Is.EqualTo(all));
            // Rank 2 beside [16, 16] and [8, 16], in three layers.
            Assert.That(model.Choose([new TrainedPart { Part = "lora" }])[0].Count, Is.EqualTo(3 * (2 * (16 + 16) + 2 * (16 + 8))));
        });
    }

    [Test]
    public void A_model_without_adapters_has_no_such_part()
    {
        using var tiny = new Tiny();
        Assert.That(
            Assert.Throws<GraftException>(() => tiny.Model.Choose([new TrainedPart { Part = "lora" }]))!.Message, Does.Contain("lora"));
    }

    [Test]
    public void A_run_with_dropout_stopped_anywhere_and_resumed_gives_the_same_losses_and_weights([Range(1, 5)] int stopAfter)
    {
        using var folder = new TempFolder();
        var (losses, weights) = Train(folder["whole"], null);
        using (var stop = new StopRequest())
        {
            var caught = Assert.Catch(
                () => Train(folder["parts"], stop, new OnProgress(r => { if (r.Done == stopAfter) stop.Request("test"); })));
            Assert.That(caught, Is.InstanceOf<GraftException>().With.Property("Kind").EqualTo(ErrorKind.Stopped));
        }
        torch.manual_seed(12345);
        var (again, resumed) = Train(folder["parts"], null);
        Assert.Multiple(() =>
        {
            Assert.That(again, Is.EqualTo(losses));
            Assert.That(resumed, Is.EqualTo(weights));
        });
    }

    [Test]
    public void Dropout_changes_the_losses_of_training_once_the_adapters_do_something()
    {
        using var folder = new TempFolder();
        var (with, _) = Train(folder["with"], null);
        var (without, _) = Train(folder["without"], null, config: Config with { Dropout = 0 });
        // B is zeros at the first step, so that what is dropped shows in the second loss only.
        Assert.That(with[0], Is.EqualTo(without[0]));
        Assert.That(with[1..], Is.Not.EqualTo(without[1..]));
    }

    [Test]
    public void A_mark_is_reached_in_its_place_again_after_a_resume_and_can_end_the_stage()
    {
        using var folder = new TempFolder();
        var reached = new List<int>();
        Train(folder["whole"], null, marks: Marks(_ => true));
        Assert.That(reached, Is.EqualTo(new[] { 0, 2, 6 }));

        reached.Clear();
        Assert.Throws<InvalidOperationException>(
            () => Train(folder["killed"], null, marks: Marks(step => step == 2 ? throw new InvalidOperationException("killed") : true)));
        var (losses, _) = Train(folder["killed"], null, marks: Marks(step => step < 2));
        Assert.That(reached, Is.EqualTo(new[] { 0, 2, 2 }), "the resumed run stands at the mark, and ends there");
        Assert.That(losses, Has.Count.EqualTo(2));

        TrainingMarks Marks(Func<int, bool> goesOn) => new(new HashSet<int> { 0, 2, 6 }, state =>
        {
            reached.Add(state.StageStep);
            return goesOn(state.StageStep);
        });
    }

    static TrainingModel WithAdapters(Tiny tiny, LoraConfig? config = null) =>
        new(tiny.Model.Decoder, tiny.Encoder, []) { Lora = LoraAdapters.Attach(tiny.Model.Decoder, config ?? Config, 4) };

    static (List<double> Losses, SortedDictionary<string, float[]> Weights) Train(
        string folder, StopRequest? stop, IProgress<ProgressReport>? progress = null, LoraConfig? config = null,
        TrainingMarks? marks = null)
    {
        using var tiny = new Tiny();
        var model = WithAdapters(tiny, config);
        using var run = Directory.Exists(folder) ? RunFolder.Open(folder, "test") : RunFolder.Create(folder, "recipe", "test");
        new Trainer(
            model, run,
            new TrainerSettings(CheckpointEvery: 3, ValidateEvery: 2) { Marks = marks }).Train([(Stage, Tiny.Data)], "recipe", "data",
            progress, stop);
        return ([.. MetricsLog.Read(run.MetricsPath).Select(m => m["loss"]!.GetValue<double>())], Values(model));
    }

    static SortedDictionary<string, float[]> Values(TrainingModel model)
    {
        using var scope = torch.NewDisposeScope();
        return new(model.All().ToDictionary(p => p.Key, p => p.Value.detach().data<float>().ToArray()), StringComparer.Ordinal);
    }
}
