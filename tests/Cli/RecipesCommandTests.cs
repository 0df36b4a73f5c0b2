using Grafting.Cli;
using Grafting.Recipes.Schema;
using Grafting.Tests.Support;

namespace Grafting.Tests.Cli;

/// <summary><c>graft recipes</c>, and the recipes of other commands.</summary>
public class RecipesCommandTests
{
    [Test]
    public void List_names_target_stages_and_purpose_of_each()
    {
        var run = CliRun.Of("recipes", "list", "--json");
        var recipes = run.Json().GetProperty("recipes").EnumerateArray().ToList();
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.Zero);
            Assert.That(recipes.Select(recipe => recipe.GetProperty("name").GetString()), Is.EqualTo(RecipeFile.Names));
            Assert.That(recipes.Select(recipe => recipe.GetProperty("purpose").GetString()), Has.All.Not.Empty);
            var large = recipes.Single(recipe => recipe.GetProperty("name").GetString() == "zero/llama3.1-70b");
            Assert.That(
                (large.GetProperty("target").GetString(), large.GetProperty("replace").GetString()), Is.EqualTo(("llama70b", "40-78")));
            Assert.That(
                large.GetProperty("stages").EnumerateArray().Select(stage => stage.GetString()), Is.EqualTo(new[] { "align", "see" }));
            Assert.That(CliRun.Of("recipes", "list").Output, Does.Contain("zero/qwen3-4b").And.Contain("qwen3-4b 22-34"));
        });
    }

    [Test]
    public void Show_prints_the_text_or_every_value()
    {
        var resolved = RecipeFile.Resolve(RecipeFile.Load("toy"));
        Assert.Multiple(() =>
        {
            Assert.That(CliRun.Of("recipes", "show", "toy").Output, Is.EqualTo(RecipeFile.Text("toy")));
            Assert.That(CliRun.Of("recipes", "show", "toy", "--resolved").Output, Is.EqualTo(resolved));
            Assert.That(
                CliRun.Of("recipes", "show", "toy", "--set", "seed=5", "--set", "stages.see.steps=7").Output,
                Is.EqualTo(
                    resolved.Replace("seed: 1", "seed: 5", StringComparison.Ordinal).Replace(
                        "steps: 600", "steps: 7", StringComparison.Ordinal)));
            var json = CliRun.Of("recipes", "show", "toy", "--resolved", "--json").Json();
            Assert.That(json.GetProperty("text").GetString(), Is.EqualTo(resolved));
            Assert.That(json.GetProperty("sha256").GetString(), Is.EqualTo(RecipeFile.Digest(RecipeFile.Load("toy"))));
        });
    }

    [Test]
    public void Copy_makes_a_file_that_is_the_recipe_and_overwrites_none()
    {
        using var folder = new TempFolder();
        var first = CliRun.Of("recipes", "copy", "zero/llama3.1-8b", folder["my.yaml"], "--json");
        File.AppendAllText(folder["my.yaml"], "# mine\n");
        var second = CliRun.Of("recipes", "copy", "toy", folder["my.yaml"]);
        Assert.Multiple(() =>
        {
            Assert.That(first.Json().GetProperty("file").GetString(), Is.EqualTo(folder["my.yaml"]));
            Assert.That(File.ReadAllText(folder["my.yaml"]), Is.EqualTo(RecipeFile.Text("zero/llama3.1-8b") + "# mine\n"));
            Assert.That(second.Code, Is.EqualTo(ExitCodes.Usage));
            Assert.That(second.Error, Does.Contain("exists already, and is not overwritten"));
            Assert.That(CliRun.Of("recipes", "copy", "toy", folder["nowhere/my.yaml"]).Error, Does.Contain("there is no folder"));
            Assert.That(RecipeFile.FileNameOf("zero/llama3.1-8b"), Is.EqualTo("llama3.1-8b.yaml"));
        });
    }

    [Test]
    public void Validate_needs_no_model_and_tells_of_every_file()
    {
        using var folder = new TempFolder();
        var good = folder.Write("good.yaml", RecipeFile.Text("zero/llama3.1-70b"));
        var bad = folder.Write("bad.yaml", RecipeFile.Text("toy").Replace("steps: 600", "steps: many", StringComparison.Ordinal));
        var run = CliRun.Of("recipes", "validate", good, bad, folder["none.yaml"], "--json");
        var checks = run.Json().GetProperty("recipes").EnumerateArray().ToList();
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage));
            Assert.That(checks.Select(check => check.GetProperty("ok").GetBoolean()), Is.EqualTo(new[] { true, false, false }));
            Assert.That(
                checks[1].GetProperty("problem").GetString(),
                Does.Match(@"bad\.yaml, line \d+, column 12: stages\.see\.steps is ""many""; a whole number was expected\."));
            Assert.That(checks[2].GetProperty("problem").GetString(), Does.Contain("is neither a recipe nor a file"));
            Assert.That(CliRun.Of("recipes", "validate", good, "toy").Code, Is.Zero);
            Assert.That(CliRun.Of("recipes", "validate", good, bad).Output, Does.Contain("ok       ").And.Contain("problem  "));
            Assert.That(CliRun.Of("recipes", "validate", bad, "--set", "stages.see.steps=5").Code, Is.Zero);
        });
    }

    [TestCase("recipes")]
    [TestCase("recipes show")]
    [TestCase("recipes show nowhere")]
    [TestCase("recipes show toy --set seed")]
    [TestCase("recipes validate")]
    [TestCase("recipes lst")]
    [TestCase("build-surrogate --dry-run")]
    [TestCase("build-surrogate --recipe toy --target toy --dry-run")]
    [TestCase("build-surrogate --recipe toy --layers 6 --dry-run")]
    [TestCase("build-surrogate --recipe toy --translators 2 --dry-run")]
    [TestCase("build-surrogate --recipe small --dry-run")]
    public void A_wrong_line_ends_with_2(string line) => Assert.That(CliRun.Of(line.Split(' ')).Code, Is.EqualTo(ExitCodes.Usage));

    [TestCase("toy", "--target toy --layers 6")]
    [TestCase("zero/llama3.1-70b", "--target llama70b --replace 40-78")]
    [TestCase("zero/qwen3-4b", "--target qwen3-4b --replace 22-34")]
    public void A_recipe_says_what_is_cut(string recipe, string same)
    {
        var run = CliRun.Of("build-surrogate", "--recipe", recipe, "--dry-run");
        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(run.Output, Is.EqualTo(CliRun.Of(["build-surrogate", .. same.Split(' '), "--dry-run"]).Output));
    }

    [Test]
    public void A_surrogate_that_was_cut_elsewhere_than_the_recipe_says_is_a_warning_with_both_cuts()
    {
        using var folder = new TempFolder();
        string[] workspace = ["--workspace", folder["grafts"]];
        Assert.That(CliRun.Of(["build-surrogate", "--target", "toy", "--layers", "4", .. workspace]).Code, Is.Zero);
        var data = folder.Write("data.json", "[]");
        var four = CliRun.Of(["train-encoder", "--dry-run", "--data", data, .. workspace]);
        var other = CliRun.Of(["train-encoder", "--dry-run", "--data", data, "--recipe", "zero/llama3.1-8b", .. workspace]);
        Assert.That(CliRun.Of(["build-surrogate", "--recipe", "toy", .. workspace]).Code, Is.Zero);
        var six = CliRun.Of(["train-encoder", "--dry-run", "--data", data, .. workspace]);
        Assert.Multiple(() =>
        {
            Assert.That(four.Error, Does.Match("recipe toy: .*toy-4 was cut from the built-in target"));
            Assert.That(
                four.Error,
                Does.Match("warning: recipe toy was made for a surrogate with layers 4-6 replaced; in .*toy-4 these are 2-6\\."));
            Assert.That(
                other.Error, Does.Match("warning: recipe zero/llama3.1-8b is for surrogates of llama8b; .*toy-4 was cut from toy\\."));
            Assert.That(six.Error, Does.Not.Contain("warning"));
        });
    }

    [Test]
    public void A_dry_run_shows_labels_balance_and_recomputation_of_each_stage()
    {
        using var folder = new TempFolder();
        string[] workspace = ["--workspace", folder["grafts"]];
        Assert.That(CliRun.Of(["build-surrogate", "--recipe", "toy", .. workspace]).Code, Is.Zero);
        string[] line =
        [
            "train-encoder", "--dry-run", "--data", folder.Write("data.json", "[]"), "--recipe", "zero/llama3.1-70b", "--set",
            "stages.see.balance={order: 0.5}", "--set",
            "stages.see.labelLineBreak=true", .. workspace,
        ];
        var stages = CliRun.Of([.. line, "--json"]).Json().GetProperty("stages").EnumerateArray().ToList();
        Assert.Multiple(() =>
        {
            Assert.That(stages[0].GetProperty("samples").GetInt64(), Is.EqualTo(4393 * 256));
            Assert.That(stages.Select(stage => stage.GetProperty("warmUpSteps").GetInt32()), Is.EqualTo(new[] { 133, 148 }));
            Assert.That(stages[0].GetProperty("balance").ValueKind, Is.EqualTo(System.Text.Json.JsonValueKind.Null));
            Assert.That(stages[1].GetProperty("balance").GetProperty("order").GetDouble(), Is.EqualTo(0.5));
            Assert.That(stages[1].GetProperty("labelLineBreak").GetBoolean());
            Assert.That(stages[1].GetProperty("recompute").GetBoolean());
            var table = System.Text.RegularExpressions.Regex.Replace(CliRun.Of(line).Output, @"\s+", " ");
            Assert.That(
                table,
                Does.Contain("labels").And.Contain("balance").And.Contain("recompute").And.Contain("order 0.5").And.Contain("template ×1"));
        });
    }

    [Test]
    public void Allowing_a_change_needs_a_run_that_is_gone_on_with()
    {
        using var folder = new TempFolder();
        string[] workspace = ["--workspace", folder["grafts"]];
        Assert.That(CliRun.Of(["build-surrogate", "--recipe", "toy", .. workspace]).Code, Is.Zero);
        var run = CliRun.Of(["train-encoder", "--dry-run", "--allow-change", "seed", .. workspace]);
        Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(run.Error, Does.Contain("--allow-change is for a run that is gone on with."));
    }
}
