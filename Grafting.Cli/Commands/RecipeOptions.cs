using System.CommandLine;

namespace Grafting.Cli.Commands;

/// <summary>Options of every command that takes a recipe.</summary>
static class RecipeOptions
{
    public static Option<string[]> Set() => new("--set")
    {
        Description = "Change one value of the recipe, e.g. stages.align.steps=10; the value is YAML, null the default; may be repeated",
        HelpName = "path=value",
    };

    /// <summary>The edits as they were typed, for manifests.</summary>
    public static string Repeat(IEnumerable<string> edits) => string.Concat(edits.Select(edit => $" --set {edit}"));
}
