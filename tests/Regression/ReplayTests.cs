using System.Text.Json;
using Grafting.Cli;
using Grafting.Core.Training;
using Grafting.Tests.Cli;

namespace Grafting.Tests.Regression;

/// <summary><c>train-encoder</c> with a guard so strict that ordinary steps are spikes, and <c>debug replay</c> of one of them.</summary>
public class ReplayTests
{
    ToyWorkshop shop = null!;

    [OneTimeSetUp]
    public void Open() => shop = new ToyWorkshop();

    [OneTimeTearDown]
    public void Remove() => shop.Dispose();

    CliRun Train(string name, int budget)
    {
        var recipe = Path.Combine(shop.Folder, "tiny.yaml");
        var text = File.ReadAllText(recipe);
        File.WriteAllText(recipe, text.Replace(
            "textShare: 0.5,", $"textShare: 0.5, onSpike: {{ action: skip, window: 4, sigma: 1, budget: {budget} }},",
            StringComparison.Ordinal));
        try
        {
            return shop.Train(name);
        }
        finally
        {
            File.WriteAllText(recipe, text);
        }
    }

    [Test]
    public void A_skipped_step_is_computed_again_with_the_same_loss_and_told_sample_by_sample()
    {
        var run = Train("spikes", budget: 100);
        Assert.That(run.Code, Is.Zero, run.Error);
        var step = SkippedStep.Kept(shop.Run("spikes"))[0];
        Assert.That(run.Error, Does.Contain("steps were skipped").And.Contain($"debug replay step-{step}"));

        var replay = CliRun.Of("debug", "replay", $"step-{step}", "--run", shop.Run("spikes"), "--device", "cpu", "--json");
        Assert.That(replay.Code, Is.Zero, replay.Error);
        var document = JsonElement.Parse(replay.Output);
        var (kept, found) = (document.GetProperty("kept"), document.GetProperty("found"));
        var samples = found.GetProperty("samples").EnumerateArray().ToList();
        Assert.Multiple(() =>
        {
            Assert.That(document.GetProperty("schema").GetString(), Is.EqualTo("graft.replay/1"));
            Assert.That(kept.GetProperty("reason").GetString(), Is.EqualTo("spike"));
            // One sample at a time sums in another order.
            Assert.That(found.GetProperty("loss").GetDouble(), Is.EqualTo(kept.GetProperty("loss").GetDouble()).Within(1e-5));
            Assert.That(found.GetProperty("norm").GetDouble(), Is.EqualTo(kept.GetProperty("norm").GetDouble()).Within(0.001).Percent);
            Assert.That(
                samples.Select(s => s.GetProperty("id").GetString()),
                Is.EquivalentTo(kept.GetProperty("samples").EnumerateArray().Select(s => s.GetString())));
            Assert.That(
                found.GetProperty("groups").EnumerateArray().Select(g => g.GetProperty("name").GetString()),
                Is.EqualTo(new[] { "adapter", "boundary", "translator" }));
        });

        var table = CliRun.Of("debug", "replay", $"{step}", "--run", shop.Run("spikes"), "--device", "cpu");
        Assert.That(
            table.Output,
            Does.Contain(samples[0].GetProperty("id").GetString()).And.Contain("gradient norm").And.Contain("every number is finite"));
    }

    [Test]
    public void Beyond_the_budget_the_run_ends_with_4_and_the_step_can_be_replayed()
    {
        var run = Train("strict", budget: 0);
        Assert.That(run.Code, Is.EqualTo(ExitCodes.Numerics), run.Error);
        Assert.That(run.Error, Does.Contain("budget of 0 spikes"));
        var step = SkippedStep.Kept(shop.Run("strict")).Single();
        Assert.That(CliRun.Of("debug", "replay", $"step-{step}", "--run", shop.Run("strict"), "--device", "cpu").Code, Is.Zero);
    }

    [Test]
    public void What_is_no_step_or_was_not_kept_is_refused()
    {
        Assert.That(Train("plain", budget: 100).Code, Is.Zero);
        Assert.Multiple(() =>
        {
            Assert.That(CliRun.Of("debug", "replay", "last", "--run", shop.Run("plain")).Code, Is.EqualTo(ExitCodes.Usage));
            Assert.That(CliRun.Of("debug", "replay", "step-99", "--run", shop.Run("plain")).Code, Is.EqualTo(ExitCodes.Input));
        });
    }
}
