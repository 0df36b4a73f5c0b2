using Grafting.Core;
using Grafting.Core.Running;
using Grafting.Core.Training;
using Grafting.Tests.Support;

namespace Grafting.Tests.Training;

public class EarlyStopTests
{
    static readonly TrainedPart[] Parts = [new() { Part = "adapter" }];

    static void Train(
        string folder, IReadOnlyList<(StageConfig, StageData)> stages, EarlyStop? early, IProgress<ProgressReport>? progress = null,
        StopRequest? stop = null)
    {
        using var tiny = new Tiny();
        using var run = Directory.Exists(folder) ? RunFolder.Open(folder, "test") : RunFolder.Create(folder, "recipe", "test");
        new Trainer(
            tiny.Model, run,
            new TrainerSettings(CheckpointEvery: 3, ValidateEvery: 2) { EarlyStop = early }).Train(stages, "r", "d", progress, stop);
    }

    static List<string> Steps(string folder) =>
    [
        .. from m in MetricsLog.Read(
            Path.Combine(folder, RunFolder.MetricsName)) select $"{m["stage"]} {m["stageStep"]} {m["loss"]} {m["validationLoss"]} "
                + $"{m["earlyStop"]}",
    ];

    // Without a learning rate nothing is ever gained after the first validation.
    static IReadOnlyList<(StageConfig, StageData)> Idle =>
        [(Tiny.Stage("idle", 20, Parts) with { LearningRate = 0 }, Tiny.Data), (Tiny.Stage("next", 3, Parts), Tiny.Data)];

    [Test]
    public void A_stage_ends_when_so_many_validations_have_brought_nothing_and_the_next_begins()
    {
        using var folder = new TempFolder();
        Train(folder["run"], Idle, new EarlyStop { Patience = 2 });
        var steps = Steps(folder["run"]);
        Assert.Multiple(() =>
        {
            // Validations at 2, 4 and 6: the first sets the mark.
            Assert.That(steps.Select(s => s.Split(' ')[..2]), Is.EqualTo(
                Enumerable.Range(1, 6).Select(i => new[] { "idle", $"{i}" }).Concat(
                    Enumerable.Range(1, 3).Select(i => new[] { "next", $"{i}" }))));
            Assert.That(steps.Where(s => s.EndsWith("true", StringComparison.Ordinal)), Is.EqualTo(new[] { steps[5] }));
        });
    }

    [Test]
    public void A_loss_that_falls_by_less_than_the_gain_asked_for_is_no_gain([Values(0, 10)] double gain)
    {
        using var folder = new TempFolder();
        Train(folder["run"], [(Tiny.Stage("learn", 12, Parts), Tiny.Data)], new EarlyStop { Patience = 3, MinimumGain = gain });
        Assert.That(Steps(folder["run"]), Has.Count.EqualTo(gain == 0 ? 12 : 8));
    }

    [Test]
    public void A_run_resumed_anywhere_ends_its_stage_at_the_same_step([Range(1, 5)] int stopAfter)
    {
        using var folder = new TempFolder();
        var early = new EarlyStop { Patience = 2 };
        Train(folder["whole"], Idle, early);
        using (var stop = new StopRequest())
        {
            var stopping = new OnProgress(r => { if (r.Stage == "idle" && r.Done == stopAfter) stop.Request("test"); });
            Assert.Throws<GraftException>(() => Train(folder["parts"], Idle, early, stopping, stop));
        }
        Train(folder["parts"], Idle, early);
        Assert.That(Steps(folder["parts"]), Is.EqualTo(Steps(folder["whole"])));
    }

    [Test]
    public void Without_validation_data_it_is_refused()
    {
        using var folder = new TempFolder();
        var fault = Assert.Throws<GraftException>(
            () => Train(
                folder["run"], [(Tiny.Stage("blind", 3, Parts), Tiny.Data with { Validation = [] })], new EarlyStop { Patience = 1 }));
        Assert.That(
            (fault!.Kind, fault.Message),
            Is.EqualTo((ErrorKind.Usage, "stage 'blind' is to end early by its validation loss, and there is no validation data.")));
    }
}
