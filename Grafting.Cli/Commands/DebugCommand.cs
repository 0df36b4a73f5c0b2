using System.CommandLine;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core.Running;
using Grafting.Recipes.Runs;

namespace Grafting.Cli.Commands;

/// <summary><c>graft debug</c>: what helps to find out why a training goes wrong.</summary>
sealed class DebugCommand : CommandGroup
{
    public DebugCommand() : base(
        "debug",
        "Find out why a training goes wrong.",
        new Example(
            "graft debug replay step-1234",
            "Compute a step again that the last training skipped or ended at.")) => Add(new ReplayCommand());
}

/// <summary><c>graft debug replay</c>.</summary>
sealed class ReplayCommand : GraftCommand
{
    readonly Argument<string> _step = new("step") { Description = "The step as the message or metrics.jsonl names it: step-1234" };
    readonly Option<string?> _run = new("--run") { Description = "Folder of the run [default: the last one]", HelpName = "folder" };
    readonly DeviceOptions _device = new();

    public ReplayCommand() : base(
        "replay",
        "Compute a step again that a training skipped or ended at, with the weights as they were before it: loss and gradient norm of "
            + "every sample, worst first, norms of the groups of parameters, and the first module whose output is not finite. Changes "
            + "nothing.",
        new Example("graft debug replay step-1234", "Of the last run."),
        new Example("graft debug replay step-1234 --run grafts/runs/toy --json", "The same for a program (schema graft.replay/1)."))
    {
        Add(_step);
        Add(_run);
        _device.AddTo(this, withType: false);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var step = StepReplay.ParseStep(parsed.GetRequiredValue(_step));
        var run = session.Workspace.Resolve(ArtefactKind.Run, parsed.GetValue(_run), "--run", "graft train-encoder");
        var replay = StepReplay.Of(run, step, _device.Device(parsed), session.Screen.Progress);
        return new Report(StepReplay.Schema, replay, console => ReplayTable.Write(console, replay));
    }
}
