using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Recipes;
using Grafting.Recipes.Runs;
using Grafting.Surrogates;
using Grafting.Tests.Support;

namespace Grafting.Tests.Recipes;

/// <summary>Which recipe a surrogate gets when none is given.</summary>
public class RecipeChoiceTests
{
    const string Commit = "0123456789abcdef0123456789abcdef01234567";

    /// <summary>A surrogate with the sizes of a catalogued target, cut from a model that stood at a path.</summary>
    static SurrogateFolder Cut(TempFolder folder, string alias, string target, int? layers = null)
    {
        var config = Catalogue.Find(alias)!.Config!.Value;
        folder.Write("config.json", config.GetRawText());
        var all = layers ?? config.GetProperty("num_hidden_layers").GetInt32();
        return new SurrogateFolder(
            folder.Path, "sha256:0", new ArtefactSource("target", target, "sha256:1"), all, [0, 1, 2, all - 1], [2], new Dictionary<string,
            string>());
    }

    [TestCase("llama70b", $"/cache/models--meta-llama--Llama-3.1-70B-Instruct/snapshots/{Commit}", "zero/llama3.1-70b")]
    [TestCase("llama70b", $"/cache/models--unsloth--Meta-Llama-3.1-70B-Instruct/snapshots/{Commit}/", "zero/llama3.1-70b")]
    [TestCase("llama8b", "/models/Llama-3.1-8B-Instruct", "zero/llama3.1-8b")]
    [TestCase("llama8b", "/models/meta-llama-3.1-8b-instruct/", "zero/llama3.1-8b")]
    [TestCase("llama3b", "/models/llama3b", "zero/llama3.2-3b")]
    [TestCase("qwen3-4b", "/models/Qwen3-4B", "zero/qwen3-4b")]
    public void The_recipe_of_its_target_is_chosen_by_repository_or_folder(string alias, string path, string recipe)
    {
        using var folder = new TempFolder();
        var choice = RecipeChoice.For(Cut(folder, alias, path));
        Assert.That(choice.Name, Is.EqualTo(recipe));
        Assert.That(choice.Why, Does.Contain(folder.Path).And.Contain(alias));
    }

    [TestCase("llama70b", "/models/my-llama", TestName = "A_folder_of_another_name")]
    [TestCase("llama8b", "/models/Llama-3.1-70B-Instruct", TestName = "A_name_with_another_models_sizes")]
    [TestCase(
        "llama70b", $"/cache/models--someone--Llama-3.1-70B-Instruct/snapshots/{Commit}", TestName = "A_repository_that_is_not_listed")]
    [TestCase("llama1b", "/models/Llama-3.2-1B-Instruct", TestName = "A_target_without_a_recipe")]
    public void Gets_no_recipe(string alias, string path)
    {
        using var folder = new TempFolder();
        var fault = Assert.Throws<GraftException>(() => RecipeChoice.For(Cut(folder, alias, path)))!;
        Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Usage));
        Assert.That(fault.Message, Does.Contain("there is no default recipe"));
        Assert.That(fault.Remedy, Does.StartWith("Give --recipe: small, study, toy, zero/"));
    }

    [Test]
    public void A_target_of_another_depth_gets_no_recipe()
    {
        using var folder = new TempFolder();
        Assert.That(
            () => RecipeChoice.For(Cut(folder, "llama70b", "/models/Llama-3.1-70B-Instruct", layers: 79)), Throws.TypeOf<GraftException>());
    }

    [TestCase(new[] { 0, 1, 2, 7 }, new[] { 2 }, "2-6")]
    [TestCase(new[] { 0, 1, 2, 3, 7 }, new[] { 2, 3 }, "2-6")]
    [TestCase(new[] { 0, 1, 4, 5, 7 }, new[] { 1, 3 }, "1-3,5-6")]
    [TestCase(new[] { 0, 1, 3, 6, 7 }, new[] { 1, 2 }, "1-5")]
    public void A_surrogate_tells_which_layers_were_replaced(int[] sources, int[] translators, string replaced)
    {
        var surrogate = new SurrogateFolder(
            "s", "sha256:0", new ArtefactSource("target", "t", "sha256:1"), 8, sources, translators, new Dictionary<string, string>());
        Assert.That(string.Join(',', surrogate.Replaced), Is.EqualTo(replaced));
    }
}
