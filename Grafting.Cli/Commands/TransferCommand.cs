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
    readonly Option<string?> _bundle = new("--bundle", "-b")
    {
        Description = "Trained encoder to graft [default: the last one trained]",
        HelpName = "folder",
    };

    readonly Option<string?> _target = new("--target", "-t")
    {
        Description = "Full language model: a name, a folder, or org/name in the cache [default: where the surrogate was cut from]",
        HelpName = "model",
    };

    readonly Option<string?> _graft = new("--graft", "-g")
    {
        Description = "Examine or fine-tune this graft instead of making one [default: make one from the bundle; with --finetune the last "
            + "one made]",
        HelpName = "folder",
    };

    readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "Folder of the graft, with --finetune of the fine-tuned one [default: in the workspace, grafts/<bundle>, "
            + "grafts/<graft>-<method>]",
        HelpName = "folder",
    };

    readonly Option<bool> _evaluate = new("--evaluate", "-e")
    {
        Description = "Examine the graft beside its controls and write report.html",
    };
    readonly Option<string[]> _data = DataOptions.Samples(
        "Held-out samples", "scenes that no training has seen, for the built-in target", "--data", "-d");
    readonly Option<string?> _images = DataOptions.Images();
    readonly Option<string?> _surrogate = new("--surrogate", "-s")
    {
        Description = "Surrogate of the pair [default: the one the bundle was trained with]",
        HelpName = "folder",
    };
    readonly Option<int?> _max = new("--max-questions") { Description = "Ask only the first N questions [default: all]", HelpName = "N" };
    readonly Option<int> _seed = new("--seed")
    {
        Description = "Seed of the exchange of pictures and of the intervals",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };
    readonly FineTuneOptions _fineTune = new();
    readonly DeviceOptions _device = new();

    public TransferCommand() : base(
        "transfer",
        "Plug a trained encoder into the full language model, with no further training (zero-shot graft), after proving by digests that "
            + "it is the model that the surrogate was cut from. The model's weights are referred to, not copied. --finetune then trains "
            + "on from the graft, on a fraction of the data: full gives a graft with a model of its own, lora one with adapters in PEFT's "
            + "layout, which 'graft merge' writes into a model.",
        new Example(
            "graft transfer --evaluate", "Graft the last encoder and examine it; for the built-in target on scenes it has not seen."),
        new Example("graft transfer --evaluate --data val.json --images pictures", "Examine it on your own held-out pictures."),
        new Example(
            "graft transfer --finetune lora --fraction 0.2 --evaluate",
            "Train adapters from the last graft on, on 20 % of the data, and examine the result."),
        new Example(
            "graft transfer --curve 0,10,20,30",
            "How much data it takes: examine at each mark of one run; ends where there is no more gain."),
        new Example("graft transfer --resume", "Go on with the fine-tuning that was interrupted."))
    {
        Option[] options = [_bundle, _target, _graft, _output, _evaluate, _data, _images, _surrogate, _max, _seed];
        foreach (var option in options) Add(option);
        _fineTune.AddTo(this);
        _device.AddTo(this);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        if (_fineTune.Resumes(parsed)) return Resume(parsed, session);
        var method = _fineTune.Method(parsed);
        var evaluate = parsed.GetValue(_evaluate);
        if (evaluate && _fineTune.HasCurve(parsed))
            throw Fault.Usage("--curve examines by itself; --evaluate stands beside it.", "Leave out one of them.");
        if (method is { } planned && _fineTune.IsDryRun(parsed)) return Plan(parsed, session, planned);

        var graft = Existing(parsed, session, method is not null) ?? Create(parsed, session);
        if (method is { } chosen)
        {
            var request = Request(parsed, session, chosen, graft.Folder, graft.Bundle.Path, graft.Target);
            // What the examination needs is looked for before hours of training.
            if (evaluate) TestData(parsed, session, graft.Target);
            var result = FineTune(request, session);
            if (!evaluate) return FineTuneTable.Report(result);
            graft = result.Graft;
        }
        return evaluate ? Evaluate(parsed, session, graft) : Made(graft);
    }

    Report Resume(ParseResult parsed, Session session)
    {
        Option[] settled = [_bundle, _target, _graft, _output, _data, _images, _surrogate, _max, _evaluate, .. _fineTune.Settled];
        if (settled.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } given)
            throw Fault.Usage(
                $"{given.Name} cannot be changed by --resume.",
                "Leave it out; 'graft transfer --evaluate --graft FOLDER' examines the result.");
        return FineTuneTable.Report(FineTune(_fineTune.Reopen(parsed, session, _device), session));
    }

    /// <summary>The graft that is named, or, where one is to be trained on, the last one; null where one is to be made.</summary>
    GraftArtefact? Existing(ParseResult parsed, Session session, bool toTrain)
    {
        if (parsed.GetValue(_graft) is { } given)
        {
            Option[] others = [_bundle, _target];
            if (others.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } other)
                throw Fault.Usage($"{other.Name} makes a graft, and --graft names one that is made.", "Give one of them.");
            return GraftArtefact.Open(session.Workspace.Resolve(ArtefactKind.Graft, given, "--graft", "graft transfer"));
        }
        if (!toTrain || parsed.GetValue(_bundle) is not null || parsed.GetValue(_target) is not null) return null;
        return session.Workspace.Last(ArtefactKind.Graft) is { } last ? GraftArtefact.Open(last).ZeroShot : null;
    }

    GraftArtefact Create(ParseResult parsed, Session session)
    {
        var (bundle, target) = Parts(parsed, session);
        if (parsed.GetValue(_evaluate)) TestData(parsed, session, target);
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(bundle.Folder));
        var own = _fineTune.Method(parsed) is null ? parsed.GetValue(_output) : null;
        var graft = GraftArtefact.Create(
            bundle, target, own ?? session.Workspace.NewPath(ArtefactKind.Graft, name), new Origin("transfer"), replace: false,
            session.Screen.Progress);
        session.Workspace.Remember(ArtefactKind.Graft, graft.Folder);
        return graft;
    }

    (EncoderBundle Bundle, string Target) Parts(ParseResult parsed, Session session)
    {
        var bundle = EncoderBundle.Open(
            session.Workspace.Resolve(ArtefactKind.Bundle, parsed.GetValue(_bundle), "--bundle", "graft train-encoder"));
        return (bundle, parsed.GetValue(_target) is { } named
            ? new TargetResolver(session.Host.Variable, AppContext.BaseDirectory).Find(named).RequireFolder()
            : bundle.RequireTarget());
    }

    Report Plan(ParseResult parsed, Session session, FineTuneMethod method)
    {
        // Nothing is made, so that a graft that is not there yet is planned for by its bundle.
        if (Existing(parsed, session, toTrain: true) is { } graft)
        {
            var request = Request(parsed, session, method, graft.Folder, graft.Bundle.Path, graft.Target);
            return FineTuneTable.Report(request, FineTunePlan.Make(request, graft.Encoder, graft.Target));
        }
        var (bundle, target) = Parts(parsed, session);
        var future = session.Workspace.NewPath(ArtefactKind.Graft, Path.GetFileName(Path.TrimEndingDirectorySeparator(bundle.Folder)));
        var planned = Request(parsed, session, method, future, bundle.Folder, target);
        return FineTuneTable.Report(planned, FineTunePlan.Make(planned, bundle.Encoder, target));
    }

    FineTuneRequest Request(
        ParseResult parsed, Session session, FineTuneMethod method, string graft, string bundle, string target) => _fineTune.Request(
        parsed, session, _device, method, graft, bundle, target, parsed.GetValue(_images), parsed.GetValue(_output),
        () => new CurveRequest(
            FromGraft: true, TestData(parsed, session, target), parsed.GetValue(_images), parsed.GetValue(_max),
            (ulong)parsed.GetValue(_seed), StopWhenFlat: true));

    static FineTuningResult FineTune(FineTuneRequest request, Session session)
    {
        session.Screen.Say($"fine-tuning on {request.Device}, {request.DType}, {Core.Health.TorchProbe.Provider}; run {request.Run}");
        var result = FineTuning.Run(
            request, Core.Health.TorchProbe.Provider, session.Screen.Progress, session.Host.Stop, new RunWatch
            {
                Warn = session.Screen.Warn,
                Say = session.Screen.Say,
            },
            run => session.Workspace.Remember(ArtefactKind.FineTuning, run));
        foreach (var warning in result.Warnings) session.Screen.Warn(warning);
        session.Workspace.Remember(ArtefactKind.Graft, result.Graft.Folder);
        return result;
    }

    Report Evaluate(ParseResult parsed, Session session, GraftArtefact graft)
    {
        var data = TestData(parsed, session, graft.Target);
        var bundle = EncoderBundle.Open(graft.Bundle.Path);
        var surrogate = parsed.GetValue(_surrogate) ?? bundle.TrainedWith?.Path;
        if (surrogate is not null && !Directory.Exists(surrogate))
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
                Path.Combine(
                    session.Workspace.Folder, "reports", Path.GetFileName(Path.TrimEndingDirectorySeparator(graft.Folder)), "report.html"),
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

    string[] TestData(ParseResult parsed, Session session, string target)
    {
        if (parsed.GetValue(_data) is { Length: > 0 } data) return data;
        if (ToyData.IsFor(target)) return [ToyData.Ensure(Path.Combine(session.Workspace.Folder, "data", "toy")).Test];
        var asking = _fineTune.HasCurve(parsed) ? "--curve" : "--evaluate";
        throw Fault.Usage($"{asking} needs held-out data.", "Give --data FILE and --images FOLDER.");
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
        return new Report(
            TransferResult.Schema, content, console => console.Profile.Out.Writer.WriteLine($"graft: {Path.GetFullPath(graft.Folder)}"));
    }
}
