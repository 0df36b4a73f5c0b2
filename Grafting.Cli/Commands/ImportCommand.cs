using System.CommandLine;
using System.Text.Json.Nodes;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core.Running;
using Grafting.Recipes.Runs;

namespace Grafting.Cli.Commands;

/// <summary><c>graft import</c>.</summary>
sealed class ImportCommand : GraftCommand
{
    readonly Argument<string> _llava = new("llava") { Description = "Folder of a LLaVA or VipLlava checkpoint in Hugging Face's layout" };
    readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "Folder of the bundle [default: in the workspace, bundles/<folder>]",
        HelpName = "folder",
    };
    readonly Option<string?> _surrogate = new("--surrogate", "-s")
    {
        Description = "Surrogate of its language model, for the pair of encoder and surrogate [default: none]",
        HelpName = "folder",
    };

    public ImportCommand() : base(
        "import",
        "Take tower and projector out of a LLaVA as a bundle, to be grafted elsewhere. The bundle speaks to every language model that has "
            + "the embedding, layers and last norm of the LLaVA's, which 'graft transfer --target' proves by their digests. What 'graft "
            + "export' wrote gives back its vectors around a picture.",
        new Example("graft import llava-1.5-7b-hf", "A bundle in the workspace, without vectors around a picture."),
        new Example("graft transfer --target vicuna-7b", "Then graft it onto a language model that is the LLaVA's, and no other."))
    {
        Add(_llava);
        Add(_output);
        Add(_surrogate);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var folder = parsed.GetRequiredValue(_llava);
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        var output = parsed.GetValue(_output) ?? session.Workspace.NewPath(ArtefactKind.Bundle, name);
        var bundle = ImportRun.Run(new ImportRequest(folder, output, parsed.GetValue(_surrogate), "import"), session.Screen.Progress);
        session.Workspace.Remember(ArtefactKind.Bundle, bundle.Folder);
        var content = new JsonObject
        {
            ["bundle"] = Path.GetFullPath(bundle.Folder),
            ["from"] = Path.GetFullPath(folder),
            ["boundary"] = bundle.Encoder.Boundary ?? true,
            ["template"] = bundle.Encoder.Template,
            ["fingerprintTensors"] = bundle.Fingerprint.Count,
        };
        return new Report(
            "graft.import/1", content, console => console.Profile.Out.Writer.WriteLine($"bundle: {Path.GetFullPath(bundle.Folder)}"));
    }
}
