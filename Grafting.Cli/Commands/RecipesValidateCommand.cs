using System.CommandLine;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Recipes.Runs;
using Grafting.Recipes.Schema;
using Spectre.Console;

namespace Grafting.Cli.Commands;

/// <summary><c>graft recipes validate</c>.</summary>
sealed class RecipesValidateCommand : GraftCommand
{
    readonly Argument<string[]> _files = new("file") { Description = "Recipes, by their files or names", Arity = ArgumentArity.OneOrMore };
    readonly Option<string[]> _set = RecipeOptions.Set();

    public RecipesValidateCommand() : base(
        "validate",
        "Check recipes: every key known, every value of its type and within its bounds. Needs no model; exit code 2 if one has a fault, "
            + "which is named with line and column.",
        new Example("graft recipes validate my.yaml other.yaml", "Two files."),
        new Example("graft recipes validate my.yaml --json", "The same for a program (schema graft.recipes.validate/1)."))
    {
        _files.CompletionSources.Add(_ => RecipeFile.Names);
        Add(_files);
        Add(_set);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var edits = parsed.GetValue(_set) ?? [];
        var checks = parsed.GetRequiredValue(_files).Select(file => RecipeCheck.Of(file, edits)).ToArray();
        var content = new
        {
            Recipes = checks.Select(check => new { check.Origin, check.Ok, check.Recipe?.Name, check.Problem, check.Remedy }),
        };
        return new Report(
            "graft.recipes.validate/1", content, console =>
                Render(console, checks), checks.All(check => check.Ok) ? ExitCodes.Done : ExitCodes.Usage);
    }

    static void Render(IAnsiConsole console, RecipeCheck[] checks)
    {
        var lines = console.Profile.Out.Writer;
        foreach (var check in checks)
        {
            if (check.Recipe is { } recipe)
            {
                lines.WriteLine(
                    $"ok       {check.Origin}: {recipe.Name}, stages {string.Join(", ", recipe.Stages.Select(stage => stage.Name))}");
                continue;
            }
            lines.WriteLine($"problem  {check.Problem}");
            if (check.Remedy is { } remedy) lines.WriteLine($"  {remedy}");
        }
    }
}
