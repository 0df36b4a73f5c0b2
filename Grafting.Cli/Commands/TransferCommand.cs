using System.CommandLine;
using System.Text.Json.Nodes;
using Grafting.Cli.Rendering;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Evaluation;
using Grafting.Core.Running;
using Grafting.Core.Training;
using Grafting.Core.Transfer;
using Grafting.Recipes;
using Grafting.Recipes.Runs;
using Grafting.Recipes.Toy;
using Example = Grafting.Cli.Help.Example;

namespace Grafting.Cli.Commands;

/// <summary><c>graft transfer</c>.</summary>
sealed class TransferCommand : GraftCommand
{
    readonly Option<string?> _bundle = new("--bundle", "-b") { Description = "Trained encoder to graft [default: the last one trained]", HelpName = "folder" };

    readonly Option<string?> _target = new("--target", "-t")
    {
        Description = "Full language model: a name, a folder, or org/name in the cache [default: where the surrogate was cut from]",
        HelpName = "model",
    };

    readonly Option<string?> _output = new("--output", "-o") { Description = "Folder of the graft [default: in the workspace, grafts/<bundle>]", HelpName = "folder" };
    readonly Option<bool> _evaluate = new("--evaluate", "-e") { Description = "Examine the graft beside its controls and write report.html" };
    readonly Option<string?> _data = new("--data", "-d") { Description = "Held-out samples in LLaVA's JSON [default: scenes that no training has seen, for the built-in target]", HelpName = "file" };
    readonly Option<string?> _images = new("--images", "-i") { Description = "Folder from which picture names start [default: that of the data file]", HelpName = "folder" };
    readonly Option<string?> _surrogate = new("--surrogate", "-s") { Description = "Surrogate of the pair [default: the one the bundle was trained with]", HelpName = "folder" };
    readonly Option<int?> _max = new("--max-questions") { Description = "Ask only the first N questions [default: all]", HelpName = "N" };
    readonly Option<int> _seed = new("--seed") { Description = "Seed of the exchange of pictures and of the intervals", HelpName = "N", DefaultValueFactory = _ => 1 };
    readonly DeviceOptions _device = new();

    public TransferCommand() : base(
        "transfer",
        "Plug a trained encoder into the full language model, with no further training (zero-shot graft), after proving by digests that it is "
            + "the model that the surrogate was cut from. The model's weights are referred to, not copied.",
        new Example("graft transfer --evaluate", "Graft the last encoder and examine it; for the built-in target on scenes it has not seen."),
        new Example("graft transfer --evaluate --data val.json --images pictures", "Examine it on your own held-out pictures."))
    {
        Option[] options = [_bundle, _target, _output, _evaluate, _data, _images, _surrogate, _max, _seed];
        foreach (var option in options) Add(option);
        _device.AddTo(this);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var bundle = EncoderBundle.Open(session.Workspace.Resolve(ArtefactKind.Bundle, parsed.GetValue(_bundle), "--bundle", "graft train-encoder"));
        var target = parsed.GetValue(_target) is { } named
            ? new TargetResolver(session.Host.Variable, AppContext.BaseDirectory).Find(named).RequireFolder()
            : bundle.Target.Path;
        var evaluate = parsed.GetValue(_evaluate);
        var data = evaluate ? TestData(parsed, session, target) : null;
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(bundle.Folder));
        var folder = parsed.GetValue(_output) ?? session.Workspace.NewPath(ArtefactKind.Graft, name);
        var graft = GraftArtefact.Create(bundle, target, folder, new Origin("transfer"), replace: false, session.Screen.Progress);
        session.Workspace.Remember(ArtefactKind.Graft, folder);
        if (data is null) return Made(graft);

        var surrogate = parsed.GetValue(_surrogate) ?? bundle.Surrogate.Path;
        if (!Directory.Exists(surrogate))
            throw Fault.Input($"the surrogate {surrogate} is not there, so the pair cannot be examined.", "Give it with --surrogate.");
        var device = _device.Device(parsed);
        var type = _device.DType(parsed);
        session.Screen.Say($"examining on {device}, {type}, {Core.Health.TorchProbe.Provider}");
        var result = TransferRun.Evaluate(
            new EvaluationRequest(
                bundle,
                graft,
                surrogate,
                RunOf(session, bundle),
                data,
                parsed.GetValue(_images),
                parsed.GetValue(_max),
                (ulong)parsed.GetValue(_seed),
                Path.Combine(session.Workspace.Folder, "reports", Path.GetFileName(folder), "report.html"),
                device,
                type,
                Core.Health.TorchProbe.Provider)
            {
                Workspace = session.Workspace.Folder,
            },
            session.Screen.Progress,
            session.Host.Stop);
        return new Report(TransferResult.Schema, Content(result), console => TransferTable.Write(console, result));
    }

    /// <summary>The last run, if it is the one that made the bundle: then its curves belong into the report.</summary>
    static string? RunOf(Session session, EncoderBundle bundle)
    {
        if (session.Workspace.Last(ArtefactKind.Run) is not { } run || !File.Exists(Path.Combine(run, RunFolder.MetricsName))) return null;
        var (trained, bundled) = (Path.Combine(run, RunFolder.RecipeName), Path.Combine(bundle.Folder, RunFolder.RecipeName));
        return File.Exists(bundled) && File.ReadAllText(trained) == File.ReadAllText(bundled) ? run : null;
    }

    string TestData(ParseResult parsed, Session session, string target)
    {
        if (parsed.GetValue(_data) is { } data) return data;
        if (ToyData.IsFor(target)) return ToyData.Ensure(Path.Combine(session.Workspace.Folder, "data", "toy")).Test;
        throw Fault.Usage("--evaluate needs held-out data.", "Give --data FILE (LLaVA's JSON) and --images FOLDER.");
    }

    static JsonObject Content(TransferResult result)
    {
        var content = result.ToJson();
        content.Remove("schema");
        content.Remove("ok");
        return content;
    }

    static Report Made(GraftArtefact graft)
    {
        var content = new JsonObject { ["graft"] = Path.GetFullPath(graft.Folder), ["target"] = graft.Target };
        return new Report(TransferResult.Schema, content, console => console.Profile.Out.Writer.WriteLine($"graft: {Path.GetFullPath(graft.Folder)}"));
    }
}
