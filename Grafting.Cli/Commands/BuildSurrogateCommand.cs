using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core.Checkpoints;
using Grafting.Core.Running;
using Grafting.Recipes;
using Grafting.Surrogates;

namespace Grafting.Cli.Commands;

/// <summary><c>graft build-surrogate</c>.</summary>
sealed class BuildSurrogateCommand : GraftCommand
{
    readonly Option<string> _target = new("--target", "-t")
    {
        Description = "Language model to cut: a name from 'graft targets', a model folder, or org/name in the local Hugging Face cache",
        HelpName = "model",
        Required = true,
    };

    readonly Option<int?> _layers = new("--layers", "-l")
    {
        Description = "Decoder layers of the surrogate in all: those in front, one translator, and the target's last",
        HelpName = "N",
    };

    readonly Option<string?> _replace = new("--replace")
    {
        Description = "Instead of --layers: first and last layer of the target that one translator stands for",
        HelpName = "A-B",
    };

    readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "Folder to make [default: in the workspace, surrogates/<model>-<layers>]",
        HelpName = "folder",
    };

    readonly Option<bool> _force = new("--force") { Description = "Replace the folder given with --output if it holds a surrogate" };

    readonly Option<bool> _dryRun = new("--dry-run") { Description = "Print the plan and its costs, and make nothing; the weights need not be here" };

    public BuildSurrogateCommand() : base(
        "build-surrogate",
        "Cut a small surrogate out of a language model: its early layers and its last, with one trainable layer (the translator) in place of "
            + "those between. Copies byte ranges, so memory stays small whatever the model; the result is an ordinary model folder.",
        new Example("graft build-surrogate --target toy --layers 6", "Cut the built-in target of 8 layers down to 6."),
        new Example("graft build-surrogate --target llama70b --replace 40-78", "The cut of the paper for 80 layers."),
        new Example("graft build-surrogate --target llama70b --layers 42 --dry-run", "What that would keep, read, write and need; makes nothing."))
    {
        _target.CompletionSources.Add(_ => Catalogue.Entries.Select(e => e.Alias));
        Add(_target);
        Add(_layers);
        Add(_replace);
        Add(_output);
        Add(_force);
        Add(_dryRun);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var cut = CutRequest.Parse(parsed.GetValue(_layers), parsed.GetValue(_replace));
        var target = new TargetResolver(session.Host.Variable, AppContext.BaseDirectory).Find(parsed.GetRequiredValue(_target));
        using var checkpoint = target.Folder is null ? null : Checkpoint.Open(target.Folder);
        var plan = checkpoint is null ? SurrogatePlan.Create(target.Config, cut, target.ConfigSource) : SurrogatePlan.Create(checkpoint, cut);
        foreach (var warning in plan.Warnings) session.Screen.Warn($"{target.Name}: {warning}");
        if (parsed.GetValue(_dryRun)) return ReportOn(target, plan, null, null);

        target.RequireFolder();
        var output = parsed.GetValue(_output) ?? session.Workspace.NewPath(ArtefactKind.Surrogate, $"{target.Name}-{plan.Layers.Count}");
        var watch = Stopwatch.StartNew();
        var surrogate = SurrogateBuilder.Build(
            checkpoint!,
            plan,
            output,
            new BuildOptions($"{Name} --target {parsed.GetValue(_target)} {cut}") { Replace = parsed.GetValue(_force) },
            session.Screen.Progress,
            session.Host.Stop.Token);
        session.Workspace.Remember(ArtefactKind.Surrogate, output);
        return ReportOn(target, plan, surrogate, watch.Elapsed);
    }

    static Report ReportOn(ResolvedTarget target, SurrogatePlan plan, SurrogateFolder? surrogate, TimeSpan? time)
    {
        var folder = surrogate is null ? null : Path.GetFullPath(surrogate.Folder);
        var content = new JsonObject
        {
            ["target"] = new JsonObject { ["name"] = target.Name, ["folder"] = target.Folder },
            ["plan"] = CamelCase.Of(plan.ToJson()),
            ["surrogate"] = folder,
            ["identity"] = surrogate?.Identity,
            ["seconds"] = time?.TotalSeconds,
        };
        return new Report("graft.build-surrogate/1", content, console =>
        {
            SurrogatePlanTable.Write(console, target, plan);
            console.Profile.Out.Writer.WriteLine(folder is null ? "Dry run: nothing was made." : $"surrogate: {folder}");
        });
    }
}
