using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Training;
using Grafting.Recipes.Costs;
using Grafting.Surrogates.Planning;
using Grafting.Tests.Support;
using Grafting.Tests.Training;

namespace Grafting.Tests.Recipes.Costs;

public class CostLedgerTests
{
    static readonly StageConfig[] Stages =
    [
        Tiny.Stage("align", 6, new() { Part = "adapter" }, new() { Part = "translator" }),
        Tiny.Stage("see", 6, new() { Part = "tower" }, new() { Part = "adapter" }) with { TextBatch = 0 },
    ];

    [Test]
    public void What_is_written_is_what_is_read()
    {
        using var folder = new TempFolder();
        var ledger = SampleLedger.Of(SampleLedger.Session(), SampleLedger.Session("cuda:0", joules: null)) with { Repeated = new(3, 1.5) };
        ledger.Write(folder.Path);
        var read = CostLedger.Read(folder.Path);
        Assert.Multiple(() =>
        {
            Assert.That(read.ToJson().ToJsonString(), Is.EqualTo(ledger.ToJson().ToJsonString()));
            Assert.That(read.Model, Is.EqualTo(ledger.Model));
            Assert.That(read.Stages, Is.EqualTo(ledger.Stages));
            Assert.That(read.Sessions, Is.EqualTo(ledger.Sessions));
            Assert.That((string?)JsonNode.Parse(File.ReadAllText(folder["cost.json"]))!["schema"], Is.EqualTo("graft.cost/1"));
        });
    }

    [Test]
    public void A_ledger_that_says_no_more_than_the_adapters_depth_is_read()
    {
        using var folder = new TempFolder();
        var ledger = SampleLedger.Of();
        var json = ledger.ToJson();
        json["model"]!.AsObject().Remove("adapter");
        json["model"]!["adapterDepth"] = ledger.Model.Adapter.Depth;
        folder.Write("cost.json", json.ToJsonString());
        Assert.That(CostLedger.Read(folder.Path).Model, Is.EqualTo(ledger.Model));
    }

    [Test]
    public void Sums_and_utilisation_are_those_of_the_stages()
    {
        var ledger = SampleLedger.Of(SampleLedger.Session(rate: 1e7, seconds: 3), SampleLedger.Session(rate: 2e7, seconds: 9, joules: 50));
        Assert.Multiple(() =>
        {
            Assert.That(ledger.Seconds, Is.EqualTo(10));
            Assert.That(ledger.OtherSeconds, Is.EqualTo(2));
            Assert.That(ledger.FlopsPerSecond, Is.EqualTo(4e6));
            Assert.That(ledger.MatrixFlopsPerSecond, Is.EqualTo((1e7 * 3 + 2e7 * 9) / 12));
            Assert.That(ledger.Utilisation(SampleLedger.Align), Is.EqualTo(2.5e6 / 1.75e7));
            Assert.That(ledger.Energy.Joules, Is.EqualTo(150));
        });
    }

    [Test]
    public void What_a_process_or_device_does_not_tell_is_not_guessed()
    {
        var moved = SampleLedger.Of(SampleLedger.Session(), SampleLedger.Session("cuda:0"));
        var silent = SampleLedger.Of(SampleLedger.Session(), SampleLedger.Session(joules: null));
        Assert.Multiple(() =>
        {
            Assert.That(moved.MatrixFlopsPerSecond, Is.Null);
            Assert.That(moved.Utilisation(SampleLedger.See), Is.Null);
            Assert.That(silent.Energy.Joules, Is.Null, "one process of two told");
            Assert.That(silent.Energy.Source, Is.EqualTo("none here"));
        });
    }

    [TestCase("{", "is damaged")]
    [TestCase("{\"schema\":\"graft.cost/2\"}", "its schema is \"graft.cost/2\", expected graft.cost/1")]
    [TestCase("{\"schema\":\"graft.cost/1\"}", "missing required")]
    public void A_damaged_ledger_is_named(string text, string message)
    {
        using var folder = new TempFolder();
        folder.Write("cost.json", text);
        var fault = Assert.Throws<GraftException>(() => CostLedger.Read(folder.Path));
        Assert.That(fault!.Message, Does.Contain("cost.json").And.Contain(message));
    }

    [Test]
    public void A_run_without_a_ledger_says_so()
    {
        using var folder = new TempFolder();
        Assert.That(() => CostLedger.Read(folder.Path), Throws.TypeOf<GraftException>().With.Message.Contains("has no cost.json"));
    }

    [Test]
    public void A_run_that_died_twice_has_the_ledger_of_one_that_did_not_and_tells_what_was_lost()
    {
        using var folder = new TempFolder();
        Train(folder["whole"], null);
        Train(folder["parts"], 3); // checkpoints at 2, 4, …: step 3 is lost
        Train(folder["parts"], 11); // step 11 as well
        Train(folder["parts"], null);
        var (whole, parts) = (CostLedger.Read(folder["whole"]), CostLedger.Read(folder["parts"]));
        var logged = MetricsLog.Read(folder["parts/metrics.jsonl"]);
        double Logged(string name) => logged.Sum(line => line[name]!.GetValue<long>());
        Assert.Multiple(() =>
        {
            Assert.That(
                parts.Stages.Select(stage => stage with { Seconds = 0 }),
                Is.EqualTo(whole.Stages.Select(stage => stage with { Seconds = 0 })));
            Assert.That(
                parts.Stages.Select(stage => (stage.Name, stage.Steps, stage.Samples)),
                Is.EqualTo(new[] { ("align", 6, 36L), ("see", 6, 24L) }));
            Assert.That(parts.Stages.Sum(stage => stage.Counts.Positions), Is.EqualTo(Logged("tokens")));
            Assert.That(parts.Stages.Sum(stage => stage.Counts.Predicted), Is.EqualTo(Logged("targets")));
            Assert.That(parts.Stages.Sum(stage => stage.Counts.Pictures), Is.EqualTo(12 * 4));
            Assert.That(parts.Seconds, Is.EqualTo(logged[^1]["seconds"]!.GetValue<double>()).Within(1e-9));
            Assert.That(parts.Sessions, Has.Count.EqualTo(3));
            Assert.That(whole.Repeated, Is.EqualTo(RepeatedWork.None));
            Assert.That(parts.Repeated.Steps, Is.EqualTo(2));
            Assert.That(parts.Repeated.Seconds, Is.Positive);
            Assert.That(parts.PeakMemory, Is.Positive);
        });
    }

    [Test]
    public void The_first_step_already_leaves_a_ledger_behind()
    {
        using var folder = new TempFolder();
        using var tiny = new Tiny();
        using var run = RunFolder.Create(folder["run"], "recipe", "test");
        using var meter = CostMeter.Begin(folder["run"], "tiny", SampleLedger.Model, tiny.Model, Stages);
        var steps = new List<int>();
        var seen = new OnProgress(_ => steps.Add(CostLedger.Read(folder["run"]).Stages.Sum(stage => stage.Steps)));
        new Trainer(tiny.Model, run, new TrainerSettings(Workers: 0)).Train([(Stages[0], Tiny.Data)], "r", "d", meter.Watch(seen));
        Assert.That(steps, Has.Count.EqualTo(6).And.All.EqualTo(1), "the next write is half a minute later");
    }

    [Test]
    public void The_operations_are_those_of_the_parts_that_each_stage_trains()
    {
        using var folder = new TempFolder();
        Train(folder["run"], null);
        var ledger = CostLedger.Read(folder["run"]);
        using var tiny = new Tiny();
        foreach (var (stage, cost) in Stages.Zip(ledger.Stages))
        {
            tiny.Model.Choose(stage.Train);
            Assert.That(cost.Compute, Is.EqualTo(ComputeNeed.Of(ModelMatrices.Of(tiny.Model), cost.Counts, false)));
        }
    }

    static void Train(string folder, int? dieAt)
    {
        using var tiny = new Tiny();
        using var run = Directory.Exists(folder) ? RunFolder.Open(folder, "test") : RunFolder.Create(folder, "recipe", "test");
        var dying = new OnProgress(report =>
        {
            if (report.Done + (report.Stage == "see" ? 6 : 0) == dieAt) throw new InvalidOperationException("killed");
        });
        using var meter = CostMeter.Begin(folder, "tiny", SampleLedger.Model, tiny.Model, Stages);
        void Run() => new Trainer(tiny.Model, run, new TrainerSettings(CheckpointEvery: 2, Workers: 0)).Train(
            [.. Stages.Select(stage => (stage, Tiny.Data))], "r", "d", meter.Watch(dying));
        if (dieAt is null) Run();
        else Assert.Throws<InvalidOperationException>(Run);
    }
}
