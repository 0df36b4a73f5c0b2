using System.CommandLine;
using System.IO.Enumeration;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core.Inspection;
using Grafting.Recipes;

namespace Grafting.Cli.Commands;

/// <summary><c>graft inspect</c>.</summary>
sealed class InspectCommand : GraftCommand
{
    readonly Argument<string> _what = new("what")
    {
        Description = "A safetensors file, the folder of a model, an artefact or a run, a name from 'graft targets', or org/name in the "
            + "local Hugging Face cache",
    };
    readonly Option<bool> _tensors = new("--tensors") { Description = "List every tensor with type, shape and file (--json always does)" };
    readonly Option<string?> _filter = new("--filter")
    {
        Description = "List only tensors whose names fit, * standing for anything and ? for one character",
        HelpName = "glob",
    };

    public InspectCommand() : base(
        "inspect",
        "Tell what a file or folder holds: kind and family of the model, its parts with parameters and bytes, types, shards, what a load "
            + "would use and what it would leave out, tokenizer, chat template, licence. Reads headers and small files, no weights, so "
            + "that 70 billion parameters take a second; a model that cannot be loaded is told of all the same, with the reason.",
        new Example("graft inspect toy", "The built-in target."),
        new Example("graft inspect model.safetensors --filter '*layers.0.*'", "The tensors of one layer in a file."),
        new Example("graft inspect org/name --json", "Everything about a model in the Hugging Face cache (schema graft.inspect/1)."))
    {
        Add(_what);
        Add(_tensors);
        Add(_filter);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var what = parsed.GetRequiredValue(_what);
        var report = Inspector.Run(
            File.Exists(what) ? what : new TargetResolver(session.Host.Variable, AppContext.BaseDirectory).FindModel(what));
        if (parsed.GetValue(_filter) is { } glob)
            report = report with
            {
                Tensors = [.. report.Tensors.Where(tensor => FileSystemName.MatchesSimpleExpression(glob, tensor.Name, ignoreCase: false))],
            };
        var list = parsed.GetValue(_tensors) || parsed.GetValue(_filter) is not null;
        return new Report(Inspector.Schema, report, console => InspectionTable.Write(console, report, list));
    }
}
