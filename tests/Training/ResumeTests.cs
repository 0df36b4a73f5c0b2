using Grafting.Core;
using Grafting.Core.Running;
using Grafting.Core.Training;
using Grafting.Tests.Support;

namespace Grafting.Tests.Training;

public class ResumeTests
{
    readonly Dictionary<int, Trained> _uninterrupted = [];
    TempFolder folder = null!;

    [OneTimeSetUp]
    public void Train_without_interruption()
    {
        folder = new TempFolder();
        foreach (var microBatch in (int[])[1, 4])
        {
            var settings = new TrainerSettings(CheckpointEvery: 100, ValidateEvery: 2, Workers: 0);
            _uninterrupted[microBatch] = TinyRun.Train(folder[$"whole-{microBatch}"], settings, microBatch: microBatch);
        }
    }

    [OneTimeTearDown]
    public void Remove() => folder.Dispose();

    [Test]
    public void A_run_resumed_after_any_step_is_the_run_that_was_never_stopped_bit_for_bit(
        [Range(1, (2 * TinyRun.Steps) - 1)] int after, [Values(0, 1, 4)] int workers, [Values(1, 4)] int microBatch)
    {
        var run = folder[$"{after}-{workers}-{microBatch}"];
        var settings = new TrainerSettings(CheckpointEvery: 3, ValidateEvery: 2, workers);
        using (var stop = new StopRequest())
        {
            var stopping = new OnProgress(report => { if (TinyRun.StepOf(report) == after) stop.Request("test"); });
            var fault = Assert.Throws<GraftException>(
                () => TinyRun.Train(run, settings, microBatch: microBatch, progress: stopping, stop: stop))!;
            Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Stopped));
            Assert.That(new CheckpointStore(run).Latest()!.State.Step, Is.EqualTo(after));
        }
        TinyRun.Train(run, settings, microBatch: microBatch).AssertIs(_uninterrupted[microBatch]);
    }

    [Test]
    public void A_run_that_dies_after_any_step_repeats_what_no_checkpoint_holds([Range(1, 2 * TinyRun.Steps)] int after)
    {
        var run = folder[$"dead-{after}"];
        var settings = new TrainerSettings(CheckpointEvery: 2, ValidateEvery: 2, Workers: 1);
        var dying = new OnProgress(report => { if (TinyRun.StepOf(report) == after) throw new InvalidOperationException("dead"); });
        Assert.Throws<InvalidOperationException>(() => TinyRun.Train(run, settings, microBatch: 4, progress: dying));
        TinyRun.Train(run, settings, microBatch: 4).AssertIs(_uninterrupted[4]);
    }
}
