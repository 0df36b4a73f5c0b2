using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Running;
using Grafting.Recipes;
using Grafting.Recipes.Costs;
using Grafting.Surrogates.Analysis;
using static TorchSharp.torch;

namespace Grafting.Cli.Commands;

/// <summary><c>graft analyze</c>.</summary>
sealed class AnalyzeCommand : GraftCommand
{
    readonly Option<string> _target = new("--target", "-t")
    {
        Description = "Language model to measure: a name from 'graft targets', a model folder, or org/name in the local Hugging Face cache",
        HelpName = "model",
        Required = true,
    };
    readonly TextOptions _text = new(300, "Text that the model reads");
    readonly Option<string?> _compat = new("--compat")
    {
        Description = "'zero' computes the trajectory with the rounding and clamping of the published code, in bfloat16",
        HelpName = "zero",
    };
    readonly Option<int> _seed = new("--seed")
    {
        Description = "Seed of the draw from the text and of the intervals",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };
    readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "Folder to make [default: in the workspace, analyses/<model>]",
        HelpName = "folder",
    };
    readonly Option<bool> _force = new("--force") { Description = "Replace the folder given with --output if it holds an analysis" };
    readonly Option<bool> _dryRun = new("--dry-run") { Description = "Print what would be read and kept, and measure nothing" };
    readonly DeviceOptions _device = new();

    public AnalyzeCommand() : base(
        "analyze",
        "Find where a language model passes from its early to its late phase, and with that which layers a surrogate can do without: the "
            + "prediction after every layer is compared with the model's own. One layer is in memory at a time; an interrupted analysis "
            + "goes on when the command is typed again. Writes report.html with figures, analysis.json and layers.csv.",
        new Example("graft analyze --target toy", "The built-in target, on its own scenes in words."),
        new Example("graft analyze --target llama70b --text genqa.jsonl --samples 64 --dry-run", "What that would read and keep on disk."),
        new Example("graft build-surrogate --target toy --transition auto", "Cut where the analysis says."))
    {
        Add(_target);
        _text.AddTo(this);
        _compat.AcceptOnlyFromAmong("zero");
        Option[] options = [_compat, _seed, _output, _force, _dryRun];
        foreach (var option in options) Add(option);
        _device.AddTo(this);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var arithmetic = TrajectoryArithmetic.Named(parsed.GetValue(_compat));
        var target = new TargetResolver(session.Host.Variable, AppContext.BaseDirectory).Find(parsed.GetRequiredValue(_target));
        var folder = target.RequireFolder();
        var (device, type) = (_device.Device(parsed), TypeOf(parsed, arithmetic));
        var seed = parsed.GetValue(_seed);
        var text = _text.Load(parsed, session, folder, heldOut: false, seed);
        var library = $"libtorch {__version__}, provider {Core.Health.TorchProbe.Provider}";
        var request = new AnalysisRequest(
            target.Name, folder, text, arithmetic, session.Workspace.Scratch, device, type, (ulong)seed, library);
        var cost = TargetAnalyser.Cost(request);
        if (parsed.GetValue(_dryRun)) return Plan(target.Name, cost);

        var output = parsed.GetValue(_output) ?? session.Workspace.NewPath(ArtefactKind.Analysis, target.Name);
        AtomicFolder.CheckTarget(output, parsed.GetValue(_force));
        session.Screen.Say(
            $"analysing {cost.Samples} samples, {cost.Tokens} tokens on {device}, {type}, {Core.Health.TorchProbe.Provider}");
        var watch = Stopwatch.StartNew();
        var result = TargetAnalyser.Run(request, session.Screen.Progress, session.Host.Stop);
        var made = AnalysisFolder.Write(
            output, result, new Origin($"{Name} --target {parsed.GetValue(_target)}", Seed: seed), parsed.GetValue(_force));
        session.Workspace.Remember(ArtefactKind.Analysis, output);
        new RouteLog(session.Workspace.Folder).Add(ArtefactKind.Analysis, output, folder, watch.Elapsed);
        return ReportOn(made, watch.Elapsed);
    }

    ScalarType TypeOf(ParseResult parsed, TrajectoryArithmetic arithmetic)
    {
        var type = _device.DType(parsed);
        if (arithmetic == TrajectoryArithmetic.Exact) return type;
        if (!_device.TypeIsGiven(parsed) || type == ScalarType.BFloat16) return ScalarType.BFloat16;
        throw Fault.Usage("--compat zero runs the model in bfloat16, as the published code does.", "Leave --dtype out.");
    }

    static Report Plan(string target, AnalysisCost cost)
    {
        var content = new JsonObject
        {
            ["target"] = target,
            ["samples"] = cost.Samples,
            ["tokens"] = cost.Tokens,
            ["stateBytes"] = cost.StateBytes,
            ["weightBytes"] = cost.WeightBytes,
        };
        return new Report("graft.analyze.plan/1", content, console =>
        {
            var lines = console.Profile.Out.Writer;
            lines.WriteLine($"{target}: {cost.Samples} samples, {Quantity.Count(cost.Tokens)} tokens");
            lines.WriteLine(
                $"reads {Quantity.Bytes(cost.WeightBytes)} of weights, once; keeps {Quantity.Bytes(cost.StateBytes)} of hidden states on disk while it runs");
            lines.WriteLine("Dry run: nothing was measured.");
        });
    }

    static Report ReportOn(AnalysisFolder made, TimeSpan time)
    {
        var content = (JsonObject)CamelCase.Of(made.Result.ToJson())!;
        content["analysis"] = Path.GetFullPath(made.Folder);
        content["report"] = Path.GetFullPath(made.ReportPath);
        content["seconds"] = time.TotalSeconds;
        return new Report("graft.analyze/1", content, console => AnalysisTable.Write(console, made));
    }
}
