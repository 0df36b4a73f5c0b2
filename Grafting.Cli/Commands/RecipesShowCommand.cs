using System.CommandLine;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Recipes.Schema;

namespace Grafting.Cli.Commands;

/// <summary><c>graft recipes show</c>.</summary>
sealed class RecipesShowCommand : GraftCommand
{
    readonly Argument<string> _name = new("name") { Description = "Recipe, by its name or file" };
    readonly Option<bool> _resolved = new("--resolved")
    {
        Description = "Spell out every value, defaults included, as it is written into a run; implied by --set",
    };

    readonly Option<string[]> _set = RecipeOptions.Set();

    public RecipesShowCommand() : base(
        "show",
        "Print a recipe, with its comments or with every value spelled out.",
        new Example("graft recipes show zero/llama3.1-70b", "With what it needs, costs and gives."),
        new Example("graft recipes show toy --resolved --set stages.see.steps=1200", "What a run with this change would keep."))
    {
        _name.CompletionSources.Add(_ => RecipeFile.Names);
        Add(_name);
        Add(_resolved);
        Add(_set);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var (name, edits) = (parsed.GetRequiredValue(_name), parsed.GetValue(_set) ?? []);
        var recipe = RecipeFile.Load(name, edits);
        var resolved = parsed.GetValue(_resolved) || edits.Length > 0;
        var text = resolved ? RecipeFile.Resolve(recipe) : RecipeFile.Text(name);
        var content = new { recipe.Name, Resolved = resolved, Sha256 = RecipeFile.Digest(recipe), Text = text };
        return new Report("graft.recipes.show/1", content, console => console.Profile.Out.Writer.Write(text));
    }
}
