using System.Text.Json;
using Grafting.Cli;
using Grafting.Core.Checkpoints;
using Grafting.Surrogates.Analysis;
using Grafting.Tests.Support;

namespace Grafting.Tests.Cli;

/// <summary><c>graft analyze</c>, and <c>build-surrogate --transition auto</c> after it.</summary>
public class AnalyzeCommandTests
{
    [Test]
    public void The_cut_proposed_for_the_built_in_target_is_the_same_over_seeds_and_samples()
    {
        using var folder = new TempFolder();
        foreach (var (seed, samples) in (ReadOnlySpan<(int, int)>)[(1, 60), (2, 60), (3, 60), (4, 25), (5, 120)])
        {
            var run = CliRun.Of(
                "analyze", "--target", "toy", "--seed", $"{seed}", "--samples", $"{samples}", "--json", "--device", "cpu", "--workspace",
                folder.Path);
            Assert.That(run.Code, Is.Zero, run.Error);
            var proposal = run.Json().GetProperty("proposal");
            Assert.That(run.Json().GetProperty("samples").GetInt32(), Is.EqualTo(samples));
            Assert.That(
                (proposal.GetProperty("first").GetInt32(), proposal.GetProperty("last").GetInt32()), Is.EqualTo((3, 6)),
                $"seed {seed}, {samples} samples");
        }
    }

    [Test]
    public void The_analysis_is_an_artefact_with_figures_and_the_cut_follows_it()
    {
        using var folder = new TempFolder();
        var run = CliRun.Of("analyze", "--target", "toy", "--samples", "40", "--device", "cpu", "--workspace", folder.Path);
        var made = folder["analyses/toy"];
        var built = CliRun.Of("build-surrogate", "--target", "toy", "--transition", "auto", "--json", "--workspace", folder.Path);
        var planned = CliRun.Of("plan", "--target", "toy", "--json", "--workspace", folder.Path);
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.Zero, run.Error);
            Assert.That(
                run.Output, Does.Contain("proposed cut: --replace 3-6").And.Contain($"report: {Path.Combine(made, "report.html")}"));
            Assert.That(
                Directory.EnumerateFiles(made).Select(Path.GetFileName),
                Is.EquivalentTo(new[] { "analysis.json", "graft.json", "layers.csv", "report.html" }));
            Assert.That(
                JsonElement.Parse(File.ReadAllText(Path.Combine(made, "analysis.json"))).GetProperty("schema").GetString(),
                Is.EqualTo("graft.analysis/1"));
            Assert.That(AnalysisFolder.Open(made).Result.Measurements.Samples, Has.Count.EqualTo(40));
            Assert.That(Directory.Exists(folder["scratch"]), Is.False, "nothing of the states is left");
            Assert.That(planned.Json().GetProperty("transition").GetProperty("layer").GetInt32(), Is.EqualTo(3));
            Assert.That(planned.Json().GetProperty("transition").GetProperty("source").GetString(), Is.EqualTo($"measured by {made}"));
            Assert.That(built.Code, Is.Zero, built.Error);
            Assert.That(built.Json().GetProperty("plan").GetProperty("cut").GetString(), Is.EqualTo("--replace 3-6"));
        });
    }

    [Test]
    public void An_analysis_of_another_target_gives_no_cut()
    {
        using var folder = new TempFolder();
        var stories = Shared.Real("models/stories260K");
        var text = folder.Write(
            "t.txt",
            string.Join(
                "\n\n",
                Enumerable.Range(0, 12).Select(i => $"Once upon a time there were {i} little dogs. They liked to play in the park.")));
        var run = CliRun.Of("analyze", "--target", stories, "--text", text, "--device", "cpu", "--workspace", folder["w"]);
        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain("no cut is proposed:").And.Contain("5 layers"));
        var other = CliRun.Of("build-surrogate", "--target", "toy", "--transition", "auto", "--workspace", folder["w"]);
        var same = CliRun.Of("build-surrogate", "--target", stories, "--transition", "auto", "--workspace", folder["w"]);
        Assert.Multiple(() =>
        {
            Assert.That(other.Code, Is.EqualTo(ExitCodes.Input));
            Assert.That(other.Error, Does.Contain("is an analysis of").And.Contain("graft analyze"));
            Assert.That(same.Code, Is.EqualTo(ExitCodes.Input));
            Assert.That(same.Error, Does.Contain("proposes no cut"));
        });
    }

    [Test]
    public void A_damaged_analysis_is_named()
    {
        using var folder = new TempFolder();
        Assert.That(
            CliRun.Of("analyze", "--target", "toy", "--samples", "10", "--device", "cpu", "--workspace", folder.Path).Code, Is.Zero);
        File.AppendAllText(folder["analyses/toy/analysis.json"], " ");
        var run = CliRun.Of("build-surrogate", "--target", "toy", "--transition", "auto", "--workspace", folder.Path);
        Assert.That(run.Code, Is.EqualTo(ExitCodes.Input));
        Assert.That(run.Error, Does.Contain("analysis.json"));
    }

    [Test]
    public void A_dry_run_tells_what_is_read_and_kept_and_makes_nothing()
    {
        using var folder = new TempFolder();
        var run = CliRun.Of("analyze", "--target", "toy", "--samples", "20", "--dry-run", "--json", "--workspace", folder.Path);
        var plan = run.Json();
        using var target = Checkpoint.Open(Grafting.Recipes.TargetResolver.Resolve("toy").RequireFolder());
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.Zero, run.Error);
            Assert.That(plan.GetProperty("samples").GetInt32(), Is.EqualTo(20));
            Assert.That(
                plan.GetProperty("stateBytes").GetInt64(), Is.EqualTo(9 * 4 * 64 * plan.GetProperty("tokens").GetInt64()),
                "nine borders of 64 floats");
            Assert.That(plan.GetProperty("weightBytes").GetInt64(), Is.EqualTo(target.Tensors.Values.Sum(t => t.Entry.ByteCount)));
            Assert.That(Directory.Exists(folder["analyses"]), Is.False);
        });
    }

    [TestCase(3, "hf download", "analyze --target llama70b")]
    [TestCase(2, "--compat", "analyze --target toy --compat two")]
    [TestCase(2, "in bfloat16", "analyze --target toy --compat zero --dtype float32")]
    [TestCase(2, "--samples is 0; it must be between 1", "analyze --target toy --samples 0")]
    [TestCase(3, "\"nowhere\" is neither a known name nor a folder", "analyze --target nowhere")]
    [TestCase(2, "chooses the cut", "build-surrogate --target toy --transition auto --layers 6")]
    [TestCase(3, "has no analysis yet", "build-surrogate --target toy --transition auto")]
    [TestCase(2, "--init is \"middle\"", "build-surrogate --target toy --layers 6 --init middle")]
    [TestCase(2, "--translators is 0", "build-surrogate --target toy --layers 6 --translators 0")]
    [TestCase(2, "--distil-rate is 0; it must be between", "build-surrogate --target toy --layers 6 --distil --distil-rate 0")]
    public void A_wrong_line_is_refused_with_the_reason(int code, string because, string line)
    {
        using var folder = new TempFolder();
        var run = CliRun.Of([.. line.Split(' '), "--workspace", folder.Path]);
        Assert.That(run.Code, Is.EqualTo(code), run.Error);
        Assert.That(run.Error, Does.Contain(because));
    }

    [TestCase("first", false)]
    [TestCase("least-squares", true)]
    [TestCase("mean", true)]
    public void Translators_are_made_as_asked_and_told_in_the_result(string init, bool distil)
    {
        using var folder = new TempFolder();
        string[] line =
        [
            "build-surrogate", "--target", "toy", "--replace", "2-3,5-6", "--init", init, "--samples", "150", "--distil-steps", "5",
            "--json", "--device", "cpu", "--workspace", folder.Path,
        ];
        var run = CliRun.Of(distil ? [.. line, "--distil"] : line);
        Assert.That(run.Code, Is.Zero, run.Error);
        var json = run.Json();
        var calibration = json.GetProperty("calibration");
        Assert.Multiple(() =>
        {
            Assert.That(json.GetProperty("plan").GetProperty("init").GetString(), Is.EqualTo(init));
            if (init == "first") Assert.That(calibration.ValueKind, Is.EqualTo(JsonValueKind.Null));
            if (init == "least-squares") Assert.That(calibration.GetProperty("leastSquares").GetArrayLength(), Is.EqualTo(2));
            if (distil)
            {
                Assert.That(
                    calibration.GetProperty("distillation").GetProperty("after").GetProperty("divergence").GetDouble(), Is.Positive);
            }
        });
        Grafting.Surrogates.SurrogateFolder.Open(json.GetProperty("surrogate").GetString()!);
    }
}
