using System.Text.RegularExpressions;
using Grafting.Recipes.Schema;
using Grafting.Tests.Support;

namespace Grafting.Tests.Docs;

/// <summary><c>docs/recipes.md</c> explains every key that there is, and every recipe.</summary>
public partial class RecipesPageTests
{
    static string Page => File.ReadAllText(Path.Combine(Shared.RepositoryRoot(), "docs", "recipes.md"));

    [Test]
    public void Every_key_of_a_recipe_is_explained()
    {
        // Between them these two have every section.
        string[] texts =
        [
            RecipeFile.Resolve(RecipeFile.Load("toy", ["earlyStop.patience=3", "stages.see.balance={}"])),
            RecipeFile.Resolve(RecipeFile.Load("zero/llama3.1-8b")),
        ];
        var keys = texts.SelectMany(text => Key().Matches(text)).Select(match => match.Groups[1].Value).Distinct().ToList();
        Assert.That(keys, Has.Count.GreaterThan(60));
        Assert.That(keys.Where(key => !Regex.IsMatch(Page, $"[`.]{key}[`.]")), Is.Empty);
    }

    [Test]
    public void Every_recipe_is_listed() =>
        Assert.That(RecipeFile.Names.Where(name => !Page.Contains($"`{name}`", StringComparison.Ordinal)), Is.Empty);

    [GeneratedRegex("^[ -]*([a-zA-Z]+):", RegexOptions.Multiline)]
    private static partial Regex Key();
}
