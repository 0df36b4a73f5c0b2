using System.CommandLine;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Recipes.Schema;

namespace Grafting.Cli.Commands;

/// <summary><c>graft recipes copy</c>.</summary>
sealed class RecipesCopyCommand : GraftCommand
{
    readonly Argument<string> _name = new("name") { Description = "Recipe, by its name or file" };
    readonly Argument<string?> _file = new("file")
    {
        Description = "File to make [default: <last part of the name>.yaml]",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public RecipesCopyCommand() : base(
        "copy",
        "Write a recipe, comments included, into a file of your own, for --recipe FILE. Overwrites nothing.",
        new Example("graft recipes copy toy my.yaml", "Then change it, and: graft train-encoder --recipe my.yaml"),
        new Example("graft recipes copy zero/llama3.1-8b", "Into llama3.1-8b.yaml."))
    {
        _name.CompletionSources.Add(_ => RecipeFile.Names);
        Add(_name);
        Add(_file);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var name = parsed.GetRequiredValue(_name);
        var path = Path.GetFullPath(parsed.GetValue(_file) ?? RecipeFile.FileNameOf(name));
        RecipeFile.Copy(name, path);
        return new Report(
            "graft.recipes.copy/1", new { Name = name, File = path }, console => console.Profile.Out.Writer.WriteLine($"recipe: {path}"));
    }
}
