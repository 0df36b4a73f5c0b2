using System.Text.Json;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Lora;
using Grafting.Core.Transfer;
using Grafting.Tests.Cli;
using static TorchSharp.torch;

namespace Grafting.Tests.Regression;

/// <summary><c>transfer --finetune</c>, <c>--curve</c> and <c>merge</c> as a user types them.</summary>
public class FineTuneTests
{
    const string Section = """

        fineTune:
          fraction: 0.5
          batch: 4
          microBatch: 3
          rowLength: 64
          learningRate: 1e-3
          lora: { rank: 2, targets: [ q_proj, down_proj ] }
          train: [ { part: decoder }, { part: adapter }, { part: tower } ]
        """;

    ToyWorkshop shop = null!;
    string graft = null!;

    string Workspace => shop.Workspace("finetune");

    [OneTimeSetUp]
    public void Make_a_graft()
    {
        shop = new ToyWorkshop();
        var trained = shop.Train("good");
        Assert.That(trained.Code, Is.Zero, trained.Error);
        shop.Write("tuning.yaml", File.ReadAllText(Path.Combine(shop.Folder, "tiny.yaml")) + Section);
        graft = Path.Combine(shop.Folder, "graft");
        var made = CliRun.Of("transfer", "--bundle", shop.Bundle("good"), "--output", graft, "--workspace", Workspace);
        Assert.That(made.Code, Is.Zero, made.Error);
    }

    [OneTimeTearDown]
    public void Remove() => shop.Dispose();

    [Test]
    public void Adapters_are_trained_verified_merged_and_answer_as_before()
    {
        var tuned = Path.Combine(shop.Folder, "tuned-lora");
        var run = Tune("lora", tuned);
        Assert.That(run.Code, Is.Zero, run.Error);
        var json = run.Json();
        Assert.Multiple(() =>
        {
            Assert.That(json.GetProperty("schema").GetString(), Is.EqualTo("graft.finetune/1"));
            // Half of 40 samples in steps of 4.
            Assert.That(
                (json.GetProperty("samples").GetInt32(), json.GetProperty("of").GetInt32(), json.GetProperty("steps").GetInt32()),
                Is.EqualTo((20, 40, 5)));
            Assert.That(File.Exists(Path.Combine(tuned, PeftAdapter.WeightsName)));
            Assert.That(File.Exists(Path.Combine(tuned, "model.safetensors")), Is.False, "the target is not copied");
        });
        Verified(tuned, "adapters");
        Verified(json.GetProperty("run").GetString()!, "request");

        var merged = Path.Combine(shop.Folder, "merged");
        var merge = Graft("merge", tuned, "--output", merged);
        Assert.That(merge.Code, Is.Zero, merge.Error);
        Verified(merged, "model");
        using (NewDisposeScope())
        using (var attached = GraftArtefact.Open(tuned).LoadTarget(CPU, ScalarType.Float32))
        using (var plain = GraftArtefact.Open(merged).LoadTarget(CPU, ScalarType.Float32))
        using (var target = DecoderFamilies.Load(GraftArtefact.Open(tuned).Target, CPU, ScalarType.Float32))
        {
            var (with, without, before) = (TextLogits(attached), TextLogits(plain), TextLogits(target));
            Assert.That((with - without).abs().max().item<float>(), Is.LessThan(1e-5f), "merged and attached");
            Assert.That((with - before).abs().max().item<float>(), Is.GreaterThan(1e-3f), "five steps moved something");
        }
        Examined(tuned);
        Answers(merged);
        Assert.That(Graft("merge", merged).Code, Is.EqualTo(2), "there is nothing left to merge");
    }

    [Test]
    public void The_whole_model_is_trained_and_stands_as_a_checkpoint_of_its_own()
    {
        var tuned = Path.Combine(shop.Folder, "tuned-full");
        var run = Tune("full", tuned, "--fraction", "0.25");
        Assert.That(run.Code, Is.Zero, run.Error);
        using (var before = Checkpoint.Open(GraftArtefact.Open(tuned).Target))
        using (var after = Checkpoint.Open(tuned))
        {
            Assert.That(after.Tensors.Keys, Is.EquivalentTo(before.Tensors.Keys));
            Assert.That(
                after.Tensors.Keys.Count(name => Digests.Sha256(after.Tensors[name]) == Digests.Sha256(before.Tensors[name])), Is.Zero);
            Assert.That(
                after.Config.GetProperty("eos_token_id").GetRawText(), Is.EqualTo(before.Config.GetProperty("eos_token_id").GetRawText()));
        }
        Verified(tuned, "model");
        Examined(tuned);
        Answers(tuned);
        var language = Graft("evaluate", "--language", "--target", tuned);
        Assert.That(language.Error, Does.Contain("nothing to examine"), "it is found and taken for a model");
        var logits = Graft("verify", tuned, "--logits", "--device", "cpu");
        Assert.That(logits.Code, Is.EqualTo(2), logits.Output);
        var again = Graft(
            "transfer", "--finetune", "full", "--graft", tuned, "--recipe", Recipe, "--train-data", Data("train"), "--images", shop.Data);
        Assert.That(again.Code, Is.EqualTo(2));
        Assert.That(again.Error, Does.Contain("fine-tuned already"));
    }

    [Test]
    public void A_curve_is_found_in_one_run_and_again_after_an_interruption_without_asking_twice()
    {
        var whole = Curve("curve-whole", "--no-stop");
        Assert.That(whole.Code, Is.Zero, whole.Error);
        var marks = whole.Json().GetProperty("marks").EnumerateArray().ToList();
        Assert.Multiple(() =>
        {
            Assert.That(whole.Json().GetProperty("schema").GetString(), Is.EqualTo("graft.curve/1"));
            Assert.That(marks.Select(m => m.GetProperty("percent").GetDouble()), Is.EqualTo(new[] { 0.0, 20, 50 }));
            Assert.That(marks.Select(m => m.GetProperty("samples").GetInt32()), Is.EqualTo(new[] { 0, 8, 20 }));
            Assert.That(marks.Select(m => m.GetProperty("steps").GetInt32()), Is.EqualTo(new[] { 0, 2, 5 }));
            Assert.That(marks[0].GetProperty("gain").ValueKind, Is.EqualTo(JsonValueKind.Null));
            Assert.That(marks[1].GetProperty("gain").TryGetProperty("low", out _));
            Assert.That(marks.Select(m => m.GetProperty("exactMatch").GetProperty("value").GetDouble()), Has.All.InRange(0, 100));
            Assert.That(File.ReadAllText(whole.Json().GetProperty("report").GetString()!), Does.Contain("<svg").And.Contain("50.0 %"));
        });
        // The graft's own mark is what transfer --evaluate finds for it.
        var examined = Graft(["transfer", "--evaluate", "--graft", graft, .. Questions]);
        Assert.That(examined.Code, Is.Zero, examined.Error);
        Assert.That(
            Nll(marks[0]),
            Is.EqualTo(examined.Json().GetProperty("systems").GetProperty("graft").GetProperty("nll").GetProperty("value").GetDouble()));

        // As if the run had died in the last examination, with the checkpoint before it.
        var run = Path.Combine(shop.Folder, "curve-whole-run");
        File.Delete(Path.Combine(run, "curve", "step-000000005.json"));
        foreach (var late in Directory.EnumerateDirectories(Path.Combine(run, "checkpoints"), "step-000000005"))
            Directory.Delete(late, recursive: true);
        var kept = Path.Combine(run, "curve", "step-000000002.json");
        var stamp = File.GetLastWriteTimeUtc(kept);
        var resumed = Graft("transfer", "--resume", "--run", run, "--device", "cpu");
        Assert.That(resumed.Code, Is.Zero, resumed.Error);
        Assert.Multiple(() =>
        {
            Assert.That(resumed.Json().GetProperty("marks").EnumerateArray().Select(Nll), Is.EqualTo(marks.Select(Nll)));
            Assert.That(File.GetLastWriteTimeUtc(kept), Is.EqualTo(stamp), "a mark that is known is not examined again");
        });
    }

    [Test]
    public void A_curve_ends_where_there_is_no_more_gain()
    {
        // Two steps of a rate of 0 change nothing, so that there can be no gain.
        shop.Write("still.yaml", File.ReadAllText(Recipe).Replace("learningRate: 1e-3", "learningRate: 0", StringComparison.Ordinal));
        var run = Curve("curve-flat", "--recipe", Path.Combine(shop.Folder, "still.yaml"));
        Assert.That(run.Code, Is.Zero, run.Error);
        var json = run.Json();
        Assert.Multiple(() =>
        {
            Assert.That(json.GetProperty("flat").GetBoolean());
            Assert.That(
                json.GetProperty("marks").EnumerateArray().Select(m => m.GetProperty("percent").GetDouble()),
                Is.EqualTo(new[] { 0.0, 20 }));
            Assert.That(
                GraftArtefact.Open(json.GetProperty("output").GetString()!).Tuning,
                Is.EqualTo(new FineTuned(FineTuneMethod.Lora, 8, 40, 2)));
        });
    }

    [Test]
    public void A_curve_trains_what_a_single_run_to_its_last_mark_trains()
    {
        var one = Tune("lora", Path.Combine(shop.Folder, "fraction-half"));
        var curve = Curve("curve-half", "--no-stop");
        Assert.That((one.Code, curve.Code), Is.EqualTo((0, 0)), one.Error + curve.Error);
        // Marks on the way change no bit of what is trained.
        Assert.That(
            File.ReadAllBytes(Path.Combine(shop.Folder, "curve-half", PeftAdapter.WeightsName)),
            Is.EqualTo(File.ReadAllBytes(Path.Combine(shop.Folder, "fraction-half", PeftAdapter.WeightsName))));
    }

    [Test]
    public void A_dry_run_tells_steps_parameters_and_memory_and_makes_nothing()
    {
        var workspace = shop.Workspace("dry");
        var run = CliRun.Of(
            "transfer", "--finetune", "lora", "--bundle", shop.Bundle("good"), "--recipe", Recipe, "--train-data", Data("train"),
            "--images", shop.Data, "--dry-run",
            "--workspace", workspace, "--json");
        Assert.That(run.Code, Is.Zero, run.Error);
        var json = run.Json();
        var trained = json.GetProperty("trained").EnumerateArray().ToDictionary(
            p => p.GetProperty("part").GetString()!, p => p.GetProperty("parameters").GetInt64());
        Assert.Multiple(() =>
        {
            // Rank 2 beside q_proj [64, 64] and down_proj [64, 160] in 8 layers.
            Assert.That(trained["lora"], Is.EqualTo(8 * 2 * (64 + 64 + 64 + 160)));
            Assert.That(trained, Does.Not.ContainKey("decoder"));
            Assert.That(json.GetProperty("marks")[0].GetProperty("steps").GetInt32(), Is.EqualTo(5));
            var memory = json.GetProperty("memory");
            Assert.That(memory.GetProperty("weights").GetInt64(), Is.EqualTo(4 * json.GetProperty("parameters").GetInt64()));
            Assert.That(memory.GetProperty("optimizer").GetInt64(), Is.EqualTo(8 * trained.Values.Sum()));
            Assert.That(Directory.Exists(workspace), Is.False);
        });
    }

    [Test]
    public void What_cannot_be_is_refused_with_exit_code_2()
    {
        shop.Write("wrong-target.yaml", File.ReadAllText(Recipe).Replace("q_proj", "q_prj", StringComparison.Ordinal));
        Assert.Multiple(() =>
        {
            Refused("no section 'fineTune'", "--finetune", "lora", "--recipe", Path.Combine(shop.Folder, "tiny.yaml"));
            Refused("no section 'fineTune'", "--finetune", "lora");
            Refused("Did you mean q_proj?", "--finetune", "lora", "--recipe", Path.Combine(shop.Folder, "wrong-target.yaml"));
            Refused("--fraction is 1.5", "--finetune", "lora", "--recipe", Recipe, "--fraction", "1.5");
            Refused("--fraction is 0", "--finetune", "lora", "--recipe", Recipe, "--fraction", "0");
            Refused("makes no step of 4", "--finetune", "lora", "--recipe", Recipe, "--fraction", "0.05");
            Refused("it must be full or lora", "--finetune", "half", "--recipe", Recipe);
            Refused("percents from 0 to 100", "--finetune", "lora", "--recipe", Recipe, "--curve", "0,110");
            Refused("above the one before", "--finetune", "lora", "--recipe", Recipe, "--curve", "0,20,10");
            Refused("--fraction is about fine-tuning", "--fraction", "0.5");
            Refused("cannot be changed by --resume", "--resume", "--fraction", "0.5");
        });

        void Refused(string words, params string[] arguments)
        {
            string[] data = arguments.Contains("--finetune")
                ? ["--graft", graft, "--train-data", Data("train"), "--images", shop.Data, "--data", Data("test"), "--device", "cpu"]
                : [];
            var run = CliRun.Of(["transfer", .. arguments, .. data, "--workspace", shop.Workspace("refused")]);
            Assert.That(run.Code, Is.EqualTo(2), run.Error);
            Assert.That(run.Error, Does.Contain(words));
            Assert.That(Directory.Exists(Path.Combine(shop.Workspace("refused"), "grafts")), Is.False);
        }
    }

    string Recipe => Path.Combine(shop.Folder, "tuning.yaml");

    string[] Questions => ["--data", Data("test"), "--images", shop.Data, "--device", "cpu"];

    string Data(string name) => Path.Combine(shop.Data, $"{name}.json");

    CliRun Tune(string method, string output, params string[] more) => Graft(
    [
        "transfer", "--finetune", method, "--graft", graft, "--output", output, "--run", output + "-run", "--recipe", Recipe,
        "--train-data", Data("train"), "--images", shop.Data,
        "--device", "cpu", .. more,
    ]);

    CliRun Curve(string name, params string[] more) => Graft(
    [
        "transfer", "--finetune", "lora", "--curve", "0,20,50", "--graft", graft, "--output", Path.Combine(shop.Folder, name), "--run",
        Path.Combine(shop.Folder, name + "-run"),
        "--train-data", Data("train"), .. Questions, .. more.Contains("--recipe") ? [] : (string[])["--recipe", Recipe], .. more,
    ]);

    CliRun Graft(params string[] words) => CliRun.Of([.. words, "--workspace", Workspace, "--json"]);

    static double Nll(JsonElement mark) => mark.GetProperty("nll").GetProperty("value").GetDouble();

    void Verified(string artefact, string check)
    {
        var run = Graft("verify", artefact);
        Assert.That(run.Code, Is.Zero, run.Output);
        Assert.That(run.Json().GetProperty("checks").EnumerateArray().Select(c => c.GetProperty("what").GetString()), Does.Contain(check));
    }

    void Examined(string tuned)
    {
        var run = Graft(["transfer", "--evaluate", "--graft", tuned, .. Questions]);
        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(
            run.Json().GetProperty("systems").EnumerateObject().Select(s => s.Name),
            Is.EqualTo(new[] { "pair", "tuned", "blind", "text" }));
        Assert.That(
            run.Json().GetProperty("differences").EnumerateObject().Select(d => d.Name), Is.EqualTo(new[] { "tuned-pair", "tuned-blind" }));
    }

    void Answers(string tuned)
    {
        var picture = Directory.EnumerateFiles(Path.Combine(shop.Data, "images")).Order().First();
        var run = Graft(
            "chat", "--graft", tuned, "--image", picture, "--device", "cpu", "--max-tokens", "4", "How many circles are there?");
        Assert.That(run.Code, Is.Zero, run.Error);
    }

    static Tensor TextLogits(Grafting.Core.Models.Decoder decoder)
    {
        using var _ = no_grad();
        var ids = arange(0, 40, ScalarType.Int64).view(1, 40);
        return decoder.head(decoder.forward(decoder.embed(ids), ids, null).view(40, -1));
    }
}
