using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Running;
using Grafting.Core.Training;
using Grafting.Tests.Support;

namespace Grafting.Tests.Training;

/// <summary>What training makes of saves that fail.</summary>
public class FailedSaveTests
{
    const int Steps = 8;
    readonly List<string> _warnings = [];
    readonly List<double> _waits = [];
    Trained uninterrupted = null!;
    TempFolder folder = null!;

    [OneTimeSetUp]
    public void Train_without_failures()
    {
        folder = new TempFolder();
        uninterrupted = TinyRun.Train(folder["whole"], Settings, Steps);
    }

    [OneTimeTearDown]
    public void Remove() => folder.Dispose();

    [SetUp]
    public void Clear()
    {
        _warnings.Clear();
        _waits.Clear();
    }

    TrainerSettings Settings => new(CheckpointEvery: 1, ValidateEvery: 3, Workers: 0)
    {
        Watch = new RunWatch { Warn = _warnings.Add, Wait = pause => _waits.Add(pause.TotalSeconds) },
    };

    [Test]
    public void A_save_that_fails_is_told_and_the_run_goes_on([Values(28, 5, 30, 122)] int errno)
    {
        var run = folder[$"failed-{errno}"];
        using (Failing(step => step is 2 or 3 or 5, errno)) TinyRun.Train(run, Settings, Steps).AssertIs(uninterrupted);
        Assert.Multiple(() =>
        {
            Assert.That(_warnings, Has.Count.EqualTo(3));
            Assert.That(
                _warnings[1],
                Does.StartWith(
                    "step 3 could not be saved, and the run goes on; its newest checkpoint is that of step 1.")
                        .And.Contain($"error {errno}"));
            Assert.That(_waits, Is.Empty);
            Assert.That(
                Metrics(run).Where(m => m.ContainsKey("saveFailed")).Select(m => m["step"]!.GetValue<int>()),
                Is.EqualTo(new[] { 3, 4, 6 }));
            Assert.That(TinyCheckpoint.Whole(run), Is.EqualTo(new[] { 15, 16 }));
        });
    }

    [Test]
    public void The_third_failure_in_a_row_ends_the_run_and_the_checkpoint_before_them_resumes_it()
    {
        var run = folder["three"];
        using (Failing(step => step > 1, 28))
        {
            var fault = Assert.Throws<GraftException>(() => TinyRun.Train(run, Settings, Steps))!;
            Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Resources));
            Assert.That(
                fault.Message,
                Does.StartWith(
                    "Three saves in a row have failed, the last of step 4:").And.EndsWith("The newest checkpoint is that of step 1."));
            Assert.That(fault.Remedy, Does.StartWith("The disk is full.").And.EndsWith("Then go on with --resume."));
        }
        Assert.That(TinyCheckpoint.Entries(run), Is.EqualTo(TinyCheckpoint.Names(1)));
        TinyRun.Train(run, Settings, Steps).AssertIs(uninterrupted);
    }

    [Test]
    public void The_end_of_a_stage_is_saved_at_the_third_attempt_if_not_before()
    {
        var failures = 0;
        using (Failing(step => step == Steps && failures++ < 2, 5)) TinyRun.Train(folder["stage"], Settings, Steps).AssertIs(uninterrupted);
        Assert.That(_waits, Is.EqualTo(new[] { 1.0, 4 }));
        Assert.That(_warnings, Has.Count.EqualTo(2).And.All.Contains("step 8 could not be saved; trying again in"));
    }

    [Test]
    public void A_stage_whose_end_cannot_be_saved_is_not_gone_beyond()
    {
        using var _ = Failing(step => step == Steps, 30);
        var fault = Assert.Throws<GraftException>(() => TinyRun.Train(folder["end"], Settings, Steps))!;
        Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Resources));
        Assert.That(fault.Message, Does.StartWith("3 attempts to save have failed, of step 8:"));
        Assert.That(Metrics(folder["end"]), Has.Count.EqualTo(Steps));
    }

    [Test]
    public void A_stop_that_cannot_save_does_not_say_saved()
    {
        using var stop = new StopRequest();
        var stopping = new OnProgress(report => { if (report.Done == 4) stop.Request("SIGTERM"); });
        using (Failing(step => step == 4, 28))
        {
            var fault = Assert.Throws<GraftException>(
                () => TinyRun.Train(folder["stop"], Settings, Steps, progress: stopping, stop: stop))!;
            Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Resources));
            Assert.That(fault.Message, Does.Contain("The newest checkpoint is that of step 3."));
        }
        TinyRun.Train(folder["stop"], Settings, Steps).AssertIs(uninterrupted);
    }

    [Test]
    public void Metrics_that_cannot_be_written_are_written_later()
    {
        var step = 0;
        var counting = new OnProgress(report => step = TinyRun.StepOf(report, Steps));
        using (FileSteps.Observe((kind, path) =>
        {
            if (kind == FileStep.Write && Path.GetFileName(path) == RunFolder.MetricsName && step is 3 or 4 or 9)
                throw new IOException("full", 28);
        }))
        {
            TinyRun.Train(folder["metrics"], Settings with { CheckpointEvery = 7 }, Steps, progress: counting).AssertIs(uninterrupted);
        }
        Assert.That(_warnings, Is.Empty);
    }

    [Test]
    public void No_checkpoint_is_ahead_of_the_metrics()
    {
        using (FileSteps.Observe((kind, path) =>
        {
            if (kind == FileStep.Write && Path.GetFileName(path) == RunFolder.MetricsName) throw new IOException("full", 28);
        }))
        {
            Assert.That(
                () => TinyRun.Train(folder["ahead"], Settings, Steps),
                Throws.TypeOf<GraftException>().With.Message.Contains("Three saves in a row"));
        }
        Assert.That(new CheckpointStore(folder["ahead"]).Latest(), Is.Null);
        TinyRun.Train(folder["ahead"], Settings, Steps).AssertIs(uninterrupted);
    }

    [Test]
    public void A_real_disk_that_is_full_for_a_while_costs_nothing_but_warnings()
    {
        using var disk = new SmallDisk(1024);
        var filling = new OnProgress(report =>
        {
            if (TinyRun.StepOf(report, Steps) == 3) Fill(disk["filler"]);
            if (TinyRun.StepOf(report, Steps) == 5) File.Delete(disk["filler"]);
        });
        TinyRun.Train(disk["run"], Settings, Steps, progress: filling).AssertIs(uninterrupted);
        Assert.That(_warnings, Has.Count.EqualTo(2).And.All.Contains("The disk is full."));
        Assert.That(TinyCheckpoint.Whole(disk["run"]), Is.EqualTo(new[] { 15, 16 }));
    }

    [Test]
    public void A_grace_shorter_than_a_step_and_a_save_is_told_once([Values] bool enough)
    {
        var settings = Settings with { Watch = Settings.Watch with { Grace = enough ? TimeSpan.FromHours(1) : TimeSpan.FromTicks(1) } };
        TinyRun.Train(folder[$"grace-{enough}"], settings, Steps);
        Assert.That(
            _warnings.Count(warning => warning.Contains("between its notice and the end", StringComparison.Ordinal)),
            Is.EqualTo(enough ? 0 : 1));
    }

    [Test]
    public void As_many_checkpoints_are_kept_as_the_settings_say()
    {
        TinyRun.Train(folder["five"], Settings with { KeepCheckpoints = 5 }, Steps);
        Assert.That(TinyCheckpoint.Whole(folder["five"]), Is.EqualTo(new[] { 12, 13, 14, 15, 16 }));
    }

    /// <summary>Lets the saves of some steps fail when their folder is to be made.</summary>
    static IDisposable Failing(Func<int, bool> steps, int errno) => FileSteps.Observe((kind, path) =>
    {
        var name = Path.GetFileName(path);
        if (kind == FileStep.MakeFolder && name.StartsWith(".step-", StringComparison.Ordinal)
            && steps(int.Parse(name[".step-".Length..][..9])))
            throw new IOException($"error {errno}", errno);
    });

    static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        Assert.That(() => { while (true) file.Write(block); }, Throws.InstanceOf<IOException>());
    }

    static IReadOnlyList<JsonObject> Metrics(string run) => MetricsLog.Read(Path.Combine(run, RunFolder.MetricsName));
}
