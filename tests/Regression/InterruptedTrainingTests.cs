using Grafting.Cli;
using Grafting.Core.Training;
using Grafting.Tests.Cli;

namespace Grafting.Tests.Regression;

/// <summary><c>train-encoder</c> asked to end in the middle of its work.</summary>
public class InterruptedTrainingTests
{
    const int Steps = ToyWorkshop.Steps;

    ToyWorkshop shop = null!;
    List<double> uninterrupted = null!;

    [OneTimeSetUp]
    public void Train_without_interruption()
    {
        shop = new ToyWorkshop();
        var run = shop.Train("whole");
        Assert.That(run.Code, Is.Zero, run.Error);
        uninterrupted = shop.Losses("whole");
        Assert.That(uninterrupted, Has.Count.EqualTo(Steps));
    }

    [OneTimeTearDown]
    public void Remove() => shop.Dispose();

    [TestCase("INT")]
    [TestCase("TERM")]
    [TestCase("USR1")]
    public void A_signal_lets_the_step_end_saves_exits_with_75_and_resumes_to_the_same_losses(string signal)
    {
        using (var process = new TrainingProcess(shop, signal, resume: false))
        {
            process.WaitFor(() => process.Lines >= 3, "the third step");
            process.Signal(signal);
            Assert.That(process.End(), Is.EqualTo(ExitCodes.Stopped), process.Said);
            Assert.That(
                new CheckpointStore(shop.Run(signal)).Latest()!.State.Step, Is.EqualTo(process.Lines),
                "the step that was being done is saved");
        }
        var resumed = CliRun.Of(
            "train-encoder", "--resume", "--run", shop.Run(signal), "--device", "cpu", "--workspace", shop.Workspace(signal));
        Assert.That(resumed.Code, Is.Zero, resumed.Error);
        Assert.That(shop.Losses(signal), Is.EqualTo(uninterrupted));
        Assert.That(shop.Leftovers(), Is.Empty);
    }

    [Test]
    public void A_second_signal_leaves_at_once()
    {
        // A step of minutes: nobody waits for its end.
        using var slow = new ToyWorkshop(ToyWorkshop.Recipe.Replace("imageBatch: 4", "imageBatch: 50000", StringComparison.Ordinal));
        using var process = new TrainingProcess(slow, "slow", resume: false);
        process.WaitFor(() => File.Exists(Path.Combine(slow.Run("slow"), RunFolder.MetricsName)), "the first step");
        process.Signal("TERM");
        process.WaitFor(
            () => process.Said.Contains("SIGTERM: finishing this step and saving", StringComparison.Ordinal),
            "the answer to the first signal");
        process.Signal("TERM");
        Assert.That(process.End(), Is.EqualTo(ExitCodes.Terminated), process.Said);
    }

    [Test]
    public void A_grace_that_is_no_number_is_refused_and_one_too_short_is_told([Values("soon", "-1", "0.0001")] string grace)
    {
        var run = CliRun.With(
            name => name == "GRAFT_GRACE" ? grace : null, [.. shop.Arguments($"grace{grace}"), "--workspace", shop.Workspace("grace")]);
        if (grace == "0.0001")
        {
            Assert.That(run.Code, Is.Zero, run.Error);
            Assert.That(run.Error, Does.Contain("the system leaves 0 s between its notice and the end"));
        }
        else
        {
            Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage));
            Assert.That(run.Error, Does.Contain($"GRAFT_GRACE is \"{grace}\"; a number of seconds above 0 was expected."));
        }
    }
}
