using System.CommandLine;
using System.Text.Json.Nodes;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core.Running;
using Grafting.Recipes.Runs;

namespace Grafting.Cli.Commands;

/// <summary><c>graft merge</c>.</summary>
sealed class MergeCommand : GraftCommand
{
    readonly Argument<string?> _graft = new("graft")
    {
        Description = "Graft that 'graft transfer --finetune lora' made [default: the last one made]",
        Arity = ArgumentArity.ZeroOrOne,
    };

    readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "Folder of the merged graft [default: in the workspace, grafts/<graft>-merged]",
        HelpName = "folder",
    };

    public MergeCommand() : base(
        "merge",
        "Write the adapters of a fine-tuned graft into the weights of its language model: W + alpha/rank · B A in float32, rounded once. "
            + "The result is a graft whose folder is also an ordinary checkpoint in Hugging Face's layout. One matrix is in memory at a "
            + "time; everything else is copied byte for byte.",
        new Example("graft merge", "The last graft."),
        new Example("graft merge grafts/grafts/toy-lora --output toy-seeing", "A graft and a folder by name."))
    {
        Add(_graft);
        Add(_output);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var folder = session.Workspace.Resolve(ArtefactKind.Graft, parsed.GetValue(_graft), "graft", "graft transfer --finetune lora");
        var name = $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}-merged";
        var merged = TunedModel.Merge(folder, parsed.GetValue(_output) ?? session.Workspace.NewPath(ArtefactKind.Graft, name), "merge");
        session.Workspace.Remember(ArtefactKind.Graft, merged.Folder);
        var content = new JsonObject
        {
            ["graft"] = Path.GetFullPath(merged.Folder),
            ["from"] = Path.GetFullPath(folder),
            ["target"] = merged.Target,
        };
        return new Report(
            "graft.merge/1", content, console => console.Profile.Out.Writer.WriteLine($"graft: {Path.GetFullPath(merged.Folder)}"));
    }
}
