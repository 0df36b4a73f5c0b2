using System.CommandLine;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Recipes.Schema;
using Spectre.Console;

namespace Grafting.Cli.Commands;

/// <summary><c>graft recipes list</c>.</summary>
sealed class RecipesListCommand() : GraftCommand(
    "list",
    "List the recipes that come with graft: the target that each is for, its stages, and its purpose.",
    new Example("graft recipes list", "A table."),
    new Example("graft recipes list --json", "The same for a program (schema graft.recipes/1)."))
{
    public override Report Run(ParseResult parsed, Session session)
    {
        var rows = RecipeFile.Names.Select(Row.Of).ToArray();
        return new Report("graft.recipes/1", new { Recipes = rows }, console => Render(rows, console));
    }

    static void Render(Row[] rows, IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("name", "target", "stages", "purpose");
        foreach (var row in rows)
        {
            var target = row.Target is null ? "any" : $"{row.Target} {row.Replace}";
            table.AddRow([.. ((string[])[row.Name, target, string.Join(", ", row.Stages), row.Purpose]).Select(Markup.Escape)]);
        }
        console.Write(table);
    }

    sealed record Row(string Name, string? Target, string? Replace, IReadOnlyList<string> Stages, bool FineTune, string Purpose)
    {
        public static Row Of(string name)
        {
            var recipe = RecipeFile.Load(name);
            return new Row(
                name, recipe.Surrogate?.Target, recipe.Surrogate?.Replace, [.. recipe.Stages.Select(stage => stage.Name)],
                recipe.FineTune is not null,
                RecipeHeader.Read(RecipeFile.Text(name)).Purpose);
        }
    }
}
