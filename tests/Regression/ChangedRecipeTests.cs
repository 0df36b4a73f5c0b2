using System.Text.Json.Nodes;
using Grafting.Cli;
using Grafting.Core.Running;
using Grafting.Core.Training;
using Grafting.Recipes.Schema;
using Grafting.Tests.Cli;

namespace Grafting.Tests.Regression;

/// <summary>A run that is gone on with under another recipe, and runs that are refused.</summary>
public class ChangedRecipeTests
{
    /// <summary>Step of the checkpoint that the runs here go on from: the tenth of the second stage, whose length is 12.</summary>
    const int Begun = 22;

    ToyWorkshop shop = null!;

    [OneTimeSetUp]
    public void Train_once()
    {
        shop = new ToyWorkshop();
        var run = shop.Train("whole");
        Assert.That(run.Code, Is.Zero, run.Error);
    }

    [OneTimeTearDown]
    public void Remove() => shop.Dispose();

    [Test]
    public void A_change_is_refused_with_what_it_is_and_nothing_is_written()
    {
        var run = Killed("refused");
        var recipe = File.ReadAllText(Path.Combine(run, RunFolder.RecipeName));
        var refused = Resume(run, "--set", "stages.see.steps=14", "--set", "seed=3", "--allow-change", "seed");
        Assert.Multiple(() =>
        {
            Assert.That(refused.Code, Is.EqualTo(ExitCodes.Usage));
            Assert.That(
                refused.Error, Does.Contain("the recipe is not the one that this run was started with: stages.see.steps: 12 → 14."));
            Assert.That(refused.Error, Does.Contain("--allow-change stages.see.steps").And.Not.Contain("--allow-change seed"));
            Assert.That(File.ReadAllText(Path.Combine(run, RunFolder.RecipeName)), Is.EqualTo(recipe));
            Assert.That(File.Exists(Path.Combine(run, RecipeHistory.FileName)), Is.False);
        });
    }

    [Test]
    public void What_alters_no_number_may_change()
    {
        var run = Killed("harmless");
        var resumed = Resume(run, "--set", "checkpointEvery=1", "--set", "validateEvery=3");
        Assert.That(resumed.Code, Is.Zero, resumed.Error);
        Assert.Multiple(() =>
        {
            Assert.That(Losses(run), Is.EqualTo(Losses(shop.Run("whole"))));
            Assert.That(Directory.Exists(Path.Combine(run, "checkpoints", "step-000000023")), "checkpointEvery is 1 now");
            Assert.That(RecipeFile.Load(Path.Combine(run, RunFolder.RecipeName)).CheckpointEvery, Is.EqualTo(1));
        });
    }

    [Test]
    public void A_change_that_the_user_vouches_for_is_written_down_and_the_run_goes_on()
    {
        var run = Killed("allowed");
        string[] change = ["--set", "stages.see.steps=14", "--allow-change", "stages.see.steps"];
        var resumed = Resume(run, change);
        Assert.That(resumed.Code, Is.Zero, resumed.Error);
        var noted = Metrics(run).Where(m => m.ContainsKey("recipeChanges")).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(Losses(run), Has.Count.EqualTo(26));
            Assert.That(Losses(run).Take(Begun), Is.EqualTo(Losses(shop.Run("whole")).Take(Begun)));
            Assert.That(RecipeFile.Load(Path.Combine(run, RunFolder.RecipeName)).Stages[1].Steps, Is.EqualTo(14));
            Assert.That(noted.Select(m => m["step"]!.GetValue<int>()), Is.EqualTo(new[] { Begun + 1 }));
            Assert.That(noted[0]["recipeChanges"]!.ToJsonString(), Is.EqualTo("""[{"path":"stages.see.steps","from":"12","to":"14"}]"""));
            Assert.That(CliRun.Of("verify", run).Code, Is.Zero, "the older checkpoint belongs to the run still");
        });

        // Killed once more, before a checkpoint was made with the new recipe: the user need not say it again.
        foreach (var checkpoint in Directory.EnumerateDirectories(Path.Combine(run, "checkpoints")).Order().Skip(1))
            Directory.Delete(checkpoint, recursive: true);
        var losses = Losses(run);
        Cut(run, Begun + 1);
        var again = Resume(run);
        Assert.That(again.Code, Is.Zero, again.Error);
        Assert.That(Losses(run), Is.EqualTo(losses));
        Assert.That(Metrics(run).Count(m => m.ContainsKey("recipeChanges")), Is.EqualTo(1));

        // Nor does it hurt to say it again.
        Assert.That(Resume(run, change).Code, Is.Zero);
    }

    [Test]
    public void A_recipe_that_was_changed_by_hand_is_refused()
    {
        var run = Killed("by-hand");
        var path = Path.Combine(run, RunFolder.RecipeName);
        File.WriteAllText(path, File.ReadAllText(path).Replace("seed: 1", "seed: 2", StringComparison.Ordinal));
        var refused = Resume(run);
        Assert.That(refused.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(refused.Error, Does.Contain("the recipe is not the one that this run was started with."));
        Assert.That(CliRun.Of("verify", run).Output, Does.Contain("is not the recipe that the checkpoints were made with"));
    }

    [Test]
    public void A_damaged_history_is_named()
    {
        var run = Killed("damaged");
        File.WriteAllText(Path.Combine(run, RecipeHistory.FileName), "{}");
        Assert.That(Resume(run).Error, Does.Contain($"{Path.Combine(run, RecipeHistory.FileName)} is damaged"));
        Assert.That(CliRun.Of("verify", run).Output, Does.Contain($"problem  {Path.Combine(run, RecipeHistory.FileName)} is damaged"));
    }

    [Test]
    public void A_run_that_was_refused_does_not_make_the_workspace_forget_the_one_before()
    {
        var workspace = shop.Workspace("remembered");
        var first = CliRun.Of([.. shop.Arguments("first"), "--workspace", workspace]);
        Assert.That(first.Code, Is.Zero, first.Error);
        var data = shop.Write("broken-data.json", "[ oops ]");
        var second = CliRun.Of([.. shop.Arguments("second", data), "--workspace", workspace]);
        Assert.Multiple(() =>
        {
            Assert.That(second.Code, Is.EqualTo(ExitCodes.Input));
            Assert.That(Directory.Exists(shop.Run("second")), Is.False);
            Assert.That(new Workspace(workspace).Last(ArtefactKind.Run), Is.EqualTo(shop.Run("first")));
            Assert.That(CliRun.Of("train-encoder", "--resume", "--device", "cpu", "--workspace", workspace).Code, Is.Zero);
        });
    }

    [Test]
    public void A_recipe_may_be_called_by_a_folder_and_its_changes_reach_run_and_bundle()
    {
        var workspace = shop.Workspace("nested");
        string[] arguments = [.. shop.Arguments("nested").TakeWhile(word => word != "--run"), "--device", "cpu"];
        var run = CliRun.Of(
            [
                .. arguments, "--set", "name=mine/tiny", "--set", "stages.align.steps=2", "--set", "stages.1.steps=3", "--workspace",
                workspace, "--json",
            ]);
        Assert.That(run.Code, Is.Zero, run.Error);
        var json = run.Json();
        Assert.Multiple(() =>
        {
            Assert.That(json.GetProperty("run").GetString(), Is.EqualTo(Path.Combine(workspace, "runs", "mine", "tiny")));
            Assert.That(json.GetProperty("bundle").GetString(), Is.EqualTo(Path.Combine(workspace, "bundles", "mine", "tiny")));
            Assert.That(
                json.GetProperty("stages").EnumerateArray().Select(stage => stage.GetProperty("steps").GetInt32()),
                Is.EqualTo(new[] { 2, 3 }));
            foreach (var artefact in (string[])["run", "bundle"])
                Assert.That(
                    RecipeFile.Load(Path.Combine(json.GetProperty(artefact).GetString()!, RunFolder.RecipeName)).Stages[1].Steps,
                    Is.EqualTo(3));
        });
    }

    /// <summary>A copy of the whole run as a kill would have left it: its last checkpoint is of step 22.</summary>
    string Killed(string name)
    {
        var run = shop.Run(name);
        foreach (var path in Directory.EnumerateFiles(shop.Run("whole"), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(run, Path.GetRelativePath(shop.Run("whole"), path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(path, copy);
        }
        Directory.Delete(Path.Combine(run, "checkpoints", "step-000000024"), recursive: true);
        Assert.That(
            Directory.EnumerateDirectories(Path.Combine(run, "checkpoints")).Select(Path.GetFileName),
            Is.EqualTo(new[] { $"step-{Begun:D9}" }));
        Cut(run, Begun + 1);
        return run;
    }

    /// <summary>Keeps so many lines of the log.</summary>
    static void Cut(string run, int lines)
    {
        var path = Path.Combine(run, RunFolder.MetricsName);
        File.WriteAllLines(path, File.ReadAllLines(path).Take(lines));
    }

    CliRun Resume(string run, params string[] more) =>
        CliRun.Of(["train-encoder", "--resume", "--run", run, "--device", "cpu", .. more, "--workspace", shop.Workspace("resumed")]);

    static IReadOnlyList<JsonObject> Metrics(string run) => MetricsLog.Read(Path.Combine(run, RunFolder.MetricsName));

    static List<double> Losses(string run) => [.. Metrics(run).Select(m => m["loss"]!.GetValue<double>())];
}
