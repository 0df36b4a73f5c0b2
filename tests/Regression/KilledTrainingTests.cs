using System.Diagnostics;
using Grafting.Core.Numerics;
using Grafting.Core.Training;
using Grafting.Tests.Cli;
using Grafting.Tests.Training;

namespace Grafting.Tests.Regression;

/// <summary><c>train-encoder</c> killed again and again, without a warning that it could heed.</summary>
public class KilledTrainingTests
{
    const int Kills = 50;
    const int Steps = 240;

    /// <summary>Steps at the end that must not be reached before the last kill.</summary>
    const int Reserve = 40;

    [Test]
    public void Killed_at_50_random_moments_and_resumed_each_time_a_run_is_the_one_that_was_never_killed()
    {
        using var shop = new ToyWorkshop(ToyWorkshop.Recipe
            .Replace("steps: 12", $"steps: {Steps / 2}", StringComparison.Ordinal)
            .Replace("checkpointEvery: 5", "checkpointEvery: 2", StringComparison.Ordinal));
        var whole = shop.Train("whole");
        Assert.That(whole.Code, Is.Zero, whole.Error);

        var random = new DeterministicRandom(11, 0);
        var (kills, start) = (0, 1000);
        while (kills < Kills)
        {
            using var process = new TrainingProcess(shop, "killed", resume: Directory.Exists(shop.Run("killed")));
            var clock = Stopwatch.StartNew();
            var saved = process.Lines;
            // Every other one in the work, the others at any moment from the start of the program on.
            if (kills % 2 == 0 && saved < Steps - Reserve)
            {
                var wanted = Newest(shop) + random.NextInt(1, 7);
                process.WaitFor(() => process.Lines is var lines && lines >= wanted && lines != saved, $"step {wanted}");
                start = (int)clock.ElapsedMilliseconds;
                Thread.Sleep(random.NextInt(20));
            }
            else
            {
                Thread.Sleep(random.NextInt(start));
            }
            Assert.That(process.Kill(), Is.True, $"after {kills} kills the run ended by itself: {process.Said}");
            kills++;
            if (Directory.Exists(Path.Combine(shop.Run("killed"), CheckpointStore.FolderName)))
                Assert.That(() => TinyCheckpoint.Whole(shop.Run("killed")), Throws.Nothing, $"kill {kills}");
        }

        TestContext.Progress.WriteLine($"{kills} kills up to step {Newest(shop)} of {Steps}");
        // Of the steps that a kill waited for, all but the last two at most are saved.
        Assert.That(Newest(shop), Is.GreaterThan(20), "half of the kills were to fall into the work");
        var resumed = CliRun.Of(
            "train-encoder", "--resume", "--run", shop.Run("killed"), "--device", "cpu", "--workspace", shop.Workspace("killed"));
        Assert.That(resumed.Code, Is.Zero, resumed.Error);
        Assert.That(shop.Losses("killed"), Is.EqualTo(shop.Losses("whole")));
        Assert.That(shop.Leftovers(), Is.Empty);
        foreach (var artefact in (string[])[shop.Surrogate, shop.Run("killed"), shop.Bundle("killed")])
        {
            var verified = CliRun.Of("verify", artefact);
            Assert.That(verified.Code, Is.Zero, verified.Output + verified.Error);
        }
        foreach (var file in Directory.EnumerateFiles(shop.Bundle("whole"), "*.safetensors"))
            Assert.That(
                File.ReadAllBytes(Path.Combine(shop.Bundle("killed"), Path.GetFileName(file))), Is.EqualTo(File.ReadAllBytes(file)), file);
    }

    static int Newest(ToyWorkshop shop) => new CheckpointStore(shop.Run("killed")).Latest()?.State.Step ?? 0;
}
