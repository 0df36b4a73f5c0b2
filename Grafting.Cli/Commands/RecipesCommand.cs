using Grafting.Cli.Help;

namespace Grafting.Cli.Commands;

/// <summary><c>graft recipes</c>.</summary>
sealed class RecipesCommand : CommandGroup
{
    public RecipesCommand() : base(
        "recipes",
        "List, show, copy and check recipes: the YAML files that say in which stages an encoder is trained, on how much, and how fast.",
        new Example("graft recipes list", "Those that come with graft."),
        new Example("graft recipes copy toy my.yaml", "A file to change, for --recipe my.yaml."))
    {
        Add(new RecipesListCommand());
        Add(new RecipesShowCommand());
        Add(new RecipesCopyCommand());
        Add(new RecipesValidateCommand());
    }
}
