using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Running;
using Grafting.Core.Training;
using Grafting.Tests.Support;
using TorchSharp;

namespace Grafting.Tests.Training;

public class SkippedStepTests
{
    static readonly TrainedPart[] Parts =
    [
        new() { Part = "adapter" }, new() { Part = "boundary" }, new() { Part = "translator", Rate = 0.05 },
    ];

    // Four pictures a step: sample 9 is of the third.
    const int BadStep = 3;

    static StageConfig Stage(int steps, GuardAction onNonFinite = GuardAction.Skip, int budget = 10) =>
        Tiny.Stage("align", steps, Parts) with { OnNonFinite = new NonFiniteConfig { Action = onNonFinite, Budget = budget } };

    static void Train(
        string folder, StageConfig stage, StageData data, int every = 3, IProgress<ProgressReport>? progress = null,
        StopRequest? stop = null)
    {
        using var tiny = new Tiny();
        using var run = Directory.Exists(folder) ? RunFolder.Open(folder, "test") : RunFolder.Create(folder, "recipe", "test");
        new Trainer(
            tiny.Model, run,
            new TrainerSettings(CheckpointEvery: every, ValidateEvery: 2)).Train([(stage, data)], "r", "d", progress, stop);
    }

    static IReadOnlyList<JsonObject> Metrics(string folder) => MetricsLog.Read(Path.Combine(folder, RunFolder.MetricsName));

    static TestCaseData[] Spoilt =>
    [
        new TestCaseData((Func<EncodedSample, EncodedSample>)BadSource.NotANumber, "loss").SetArgDisplayNames("in the loss"),
        new TestCaseData((Func<EncodedSample, EncodedSample>)BadSource.Unlabelled, "gradientNorm").SetArgDisplayNames("in the gradient"),
    ];

    [TestCaseSource(nameof(Spoilt))]
    public void A_step_that_is_not_finite_changes_no_parameter_no_moment_and_no_count(
        Func<EncodedSample, EncodedSample> spoil, string field)
    {
        using var folder = new TempFolder();
        var run = folder["run"];
        var compared = false;
        var compare = new OnProgress(report =>
        {
            if (report.Done != BadStep + 1) return;
            var (before, after) = (Checkpoint(BadStep - 1), Checkpoint(BadStep));
            foreach (var file in new[] { "model.safetensors", "optimizer.safetensors" })
                Assert.That(File.ReadAllBytes(Path.Combine(after, file)), Is.EqualTo(File.ReadAllBytes(Path.Combine(before, file))), file);
            Assert.That(
                TrainingState.FromJson(File.ReadAllText(Path.Combine(after, CheckpointStore.StateFile)), after).Updates,
                Is.EqualTo(BadStep - 1));
            compared = true;
        });
        // A micro-batch for each sample, so that a picture without a label does not stand in a row with others.
        Train(run, Stage(5) with { MicroBatch = 1 }, BadSource.Data(spoil, 9), every: 1, compare);
        var line = Metrics(run)[BadStep - 1];
        Assert.Multiple(() =>
        {
            Assert.That(compared);
            Assert.That((string?)line["skipped"], Is.EqualTo("non-finite"));
            Assert.That(line[field], Is.Null);
            Assert.That(line["sampleIds"]!.AsArray().Select(id => (string?)id), Does.Contain("picture 9"));
            Assert.That(Metrics(run).Count(m => m.ContainsKey("skipped")), Is.EqualTo(1));
            Assert.That(SkippedStep.Kept(run), Is.EqualTo(new[] { BadStep }));
        });

        string Checkpoint(int step) => Path.Combine(run, CheckpointStore.FolderName, $"step-{step:D9}");
    }

    [Test]
    public void By_default_the_run_ends_before_the_update_and_keeps_the_step()
    {
        using var folder = new TempFolder();
        var fault = Assert.Throws<GraftException>(
            () => Train(folder["run"], Tiny.Stage("align", 5, Parts), BadSource.Data(BadSource.NotANumber, 9)));
        Assert.Multiple(() =>
        {
            Assert.That(fault!.Kind, Is.EqualTo(ErrorKind.Numerics));
            Assert.That(
                fault.Message,
                Does.Contain($"step {BadStep}").And.Contain("picture 9").And.Contain("NaN").And.Contain("No update was made"));
            Assert.That(fault.Remedy, Does.Contain($"debug replay step-{BadStep}"));
            Assert.That(SkippedStep.Read(folder["run"], BadStep).Samples, Does.Contain("picture 9"));
        });
    }

    [Test]
    public void More_than_the_budget_ends_the_run()
    {
        using var folder = new TempFolder();
        var fault = Assert.Throws<GraftException>(
            () => Train(folder["run"], Stage(8, budget: 1), BadSource.Data(BadSource.NotANumber, 9, 17)));
        Assert.That((fault!.Kind, fault.Message), Is.EqualTo((ErrorKind.Numerics, fault.Message)));
        Assert.That(fault.Message, Does.Contain("step 5").And.Contain("budget of 1").And.Contain("1 not finite"));
    }

    [Test]
    public void A_run_with_skips_resumed_anywhere_judges_and_trains_as_an_uninterrupted_one([Range(1, 9, 2)] int stopAfter)
    {
        using var folder = new TempFolder();
        // So narrow that ordinary steps are spikes.
        var stage = Stage(12) with { OnSpike = new SpikeConfig { Action = GuardAction.Skip, Window = 4, Sigma = 1, Budget = 12 } };
        var data = BadSource.Data(BadSource.NotANumber, 9);
        Train(folder["whole"], stage, data);
        using (var stop = new StopRequest())
        {
            var stopping = new OnProgress(r => { if (r.Done == stopAfter) stop.Request("test"); });
            Assert.Throws<GraftException>(() => Train(folder["parts"], stage, data, progress: stopping, stop: stop));
        }
        Train(folder["parts"], stage, data);
        Assert.Multiple(() =>
        {
            Assert.That(Metrics(folder["parts"]).Select(Told), Is.EqualTo(Metrics(folder["whole"]).Select(Told)));
            Assert.That(Metrics(folder["whole"]).Select(m => (string?)m["skipped"]), Does.Contain("spike").And.Contain("non-finite"));
            Assert.That(SkippedStep.Kept(folder["parts"]), Is.EqualTo(SkippedStep.Kept(folder["whole"])));
        });

        static string Told(JsonObject m) =>
            $"{m["step"]} {m["loss"]} {m["gradientNorm"]} {m["skipped"]} {m["newLevel"]} {m["validationLoss"]}";
    }

    [TestCaseSource(nameof(Spoilt))]
    public void A_replay_finds_the_sample_and_where_its_numbers_end(Func<EncodedSample, EncodedSample> spoil, string field)
    {
        using var folder = new TempFolder();
        var (stage, data) = (Stage(5) with { MicroBatch = 1 }, BadSource.Data(spoil, 9));
        Train(folder["run"], stage, data);
        using var tiny = new Tiny();
        var kept = SkippedStep.Read(folder["run"], BadStep);
        kept.Restore(folder["run"], tiny.Model);
        var found = StepDiagnosis.Of(tiny.Model, stage, data, kept.StageStep);
        Assert.Multiple(() =>
        {
            Assert.That(found.Samples.Select(s => s.Id), Is.EquivalentTo(kept.Samples));
            Assert.That((found.Samples[0].Id, found.FirstNonFinite), Is.EqualTo(("picture 9", "the picture")));
            Assert.That(found.Samples.Skip(1), Has.All.Property(nameof(SampleDiagnosis.IsFinite)).True);
            Assert.That(double.IsFinite(found.Loss), Is.EqualTo(field != "loss"));
            Assert.That(found.Norm, Is.NaN);
        });
    }

    [Test]
    public void A_replay_of_a_sound_step_has_the_loss_and_the_norm_of_the_run_and_shares_that_add_up()
    {
        using var folder = new TempFolder();
        var stage = Stage(6) with { OnSpike = new SpikeConfig { Action = GuardAction.Skip, Window = 4, Sigma = 1, Budget = 12 } };
        Train(folder["run"], stage, Tiny.Data);
        var number = SkippedStep.Kept(folder["run"])[0];
        using var tiny = new Tiny();
        var kept = SkippedStep.Read(folder["run"], number);
        kept.Restore(folder["run"], tiny.Model);
        var found = StepDiagnosis.Of(tiny.Model, stage, Tiny.Data, kept.StageStep);
        Assert.Multiple(() =>
        {
            // One sample at a time sums in another order.
            Assert.That(found.Loss, Is.EqualTo(kept.Loss).Within(1e-6 * kept.Loss));
            Assert.That(found.Norm, Is.EqualTo(kept.Norm).Within(1e-6 * kept.Norm));
            Assert.That(Math.Sqrt(found.Groups.Sum(g => g.Norm * g.Norm)), Is.EqualTo(found.Norm).Within(1e-6 * found.Norm));
            Assert.That(found.Samples.Select(s => s.Norm), Is.Ordered.Descending);
            Assert.That(found.Samples.Sum(s => s.Norm), Is.GreaterThan(found.Norm), "the triangle's inequality");
            Assert.That(found.FirstNonFinite, Is.Null);
        });
    }

    [TestCase("encoder.tower.blocks.1.up.weight", "encoder.tower.blocks.1")]
    [TestCase("encoder.adapter.layers.0.bias", "encoder.adapter")]
    [TestCase("encoder.end", "encoder.start and encoder.end")]
    [TestCase("decoder.layers.1.feed_forward.down.weight", "decoder.layers.1")]
    [TestCase("decoder.output.weight", "decoder.head")]
    public void A_replay_names_the_module_that_a_bad_weight_is_in(string weight, string module)
    {
        using var tiny = new Tiny();
        Spoil(tiny, weight);
        var found = StepDiagnosis.Of(tiny.Model, Stage(1), Tiny.Data, 0);
        Assert.That(found.FirstNonFinite, Is.EqualTo(module));
    }

    [TestCase("decoder.embedding.weight")]
    [TestCase("encoder.tower.blocks.0.query.bias")]
    public void A_weight_that_is_not_finite_is_found_before_any_training(string weight)
    {
        using var folder = new TempFolder();
        using var tiny = new Tiny();
        Spoil(tiny, weight);
        using var run = RunFolder.Create(folder["run"], "recipe", "test");
        var fault = Assert.Throws<GraftException>(
            () => new Trainer(tiny.Model, run, new TrainerSettings()).Train([(Stage(1), Tiny.Data)], "r", "d"));
        Assert.That(
            (fault!.Kind, fault.Message.Contains(weight, StringComparison.Ordinal)), Is.EqualTo((ErrorKind.Input, true)), fault.Message);
    }

    [Test]
    public void Weights_are_looked_at_in_every_type(
        [Values(torch.ScalarType.Float32, torch.ScalarType.BFloat16, torch.ScalarType.Float64)] torch.ScalarType type)
    {
        using var tiny = new Tiny(dtype: type);
        Assert.DoesNotThrow(tiny.Model.RequireFinite);
        foreach (var value in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            Spoil(tiny, "decoder.norm.weight", value);
            Assert.That(
                Assert.Throws<GraftException>(tiny.Model.RequireFinite)!.Message, Does.Contain("1 of").And.Contain("decoder.norm.weight"));
        }
    }

    [Test]
    public void A_step_that_was_not_kept_is_refused_with_those_that_were()
    {
        using var folder = new TempFolder();
        Train(folder["run"], Stage(5), BadSource.Data(BadSource.NotANumber, 9));
        var fault = Assert.Throws<GraftException>(() => SkippedStep.Read(folder["run"], 4));
        Assert.That((fault!.Kind, fault.Remedy), Is.EqualTo((ErrorKind.Input, $"Kept: step-{BadStep}.")));
    }

    static void Spoil(Tiny tiny, string weight, float value = float.NaN)
    {
        using var _ = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        tiny.Model.All().Single(p => p.Key == weight).Value.view(-1).narrow(0, 0, 1).fill_(value);
    }
}
