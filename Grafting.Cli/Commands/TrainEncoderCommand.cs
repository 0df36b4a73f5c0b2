using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core;
using Grafting.Core.Running;
using Grafting.Core.Training;
using Grafting.Recipes;
using Grafting.Recipes.Runs;
using Grafting.Recipes.Schema;
using Grafting.Recipes.Toy;
using Grafting.Surrogates;
using Spectre.Console;

namespace Grafting.Cli.Commands;

/// <summary><c>graft train-encoder</c>.</summary>
sealed class TrainEncoderCommand : GraftCommand
{
    readonly Option<string?> _surrogate = new("--surrogate", "-s")
    {
        Description = "Surrogate to train against [default: the last one built]",
        HelpName = "folder",
    };

    readonly Option<string?> _recipe = new("--recipe", "-r")
    {
        Description = $"{string.Join(", ", RecipeFile.Names)}, or a YAML file [default: the one for the surrogate's target]",
        HelpName = "recipe",
    };

    readonly Option<string[]> _set = RecipeOptions.Set();

    readonly Option<string[]> _allowChange = new("--allow-change")
    {
        Description = "With --resume: path of the recipe that may be changed by --set although that alters the numbers; may be repeated",
        HelpName = "path",
    };

    readonly Option<string[]> _data = DataOptions.Samples("Training samples", "drawn scenes for the built-in target", "--data", "-d");
    readonly Option<string?> _images = DataOptions.Images();
    readonly Option<string[]> _text = DataOptions.More("Text-only samples", "those of the training samples that have no picture", "--text");
    readonly Option<string[]> _validation = DataOptions.More(
        "Held-out samples", "the recipe's fraction of the training samples", "--validation");
    readonly Option<string?> _tower = new("--tower")
    {
        Description = "Vision tower in place of the recipe's: a folder, org/name in the local Hugging Face cache, or "
            + $"{string.Join(", ", KnownTowers.Names)}",
        HelpName = "model",
    };

    readonly Option<int?> _seed = new("--seed")
    {
        Description = "Seed of initial values and order of data [default: the recipe's]",
        HelpName = "N",
    };
    readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "Folder of the bundle [default: in the workspace, bundles/<recipe>]",
        HelpName = "folder",
    };
    readonly Option<bool> _resume = new("--resume") { Description = "Go on with the last run, or the one given with --run" };
    readonly Option<string?> _run = new("--run")
    {
        Description = "Folder of the run [default: in the workspace, runs/<recipe>; with --resume the last one]",
        HelpName = "folder",
    };
    readonly Option<bool> _dryRun = new("--dry-run") { Description = "Print the stages and what they train, and train nothing" };
    readonly DeviceOptions _device = new();

    public TrainEncoderCommand() : base(
        "train-encoder",
        "Train a vision encoder (tower, adapter, boundary vectors) against a surrogate, stage by stage. Ctrl-C finishes the step, saves "
            + "and exits with code 75; --resume goes on from there, bit for bit on a CPU. A save that fails is tried again at the next "
            + "checkpoint; three in a row end the run with code 5. With GRAFT_GRACE, the seconds that the system leaves between SIGTERM "
            + "or SIGUSR1 and the end, it warns when a step and a save take longer.",
        new Example("graft train-encoder", "Against the last surrogate; for the built-in target on pictures that are drawn for it."),
        new Example(
            "graft train-encoder --recipe small --data train.json --images pictures", "A small tower from nothing, on your own pictures."),
        new Example(
            "graft train-encoder --recipe small --data 'shards/train-{000..146}.tar'",
            "On WebDataset shards; Parquet files and OpenAI messages are told by their content too."),
        new Example("graft train-encoder --set stages.see.steps=1200", "With one value of the recipe changed."),
        new Example("graft train-encoder --resume", "Go on with the run that was interrupted."),
        new Example(
            "graft train-encoder --resume --set stages.see.steps=900 --allow-change stages.see.steps",
            "Go on with more steps than it was begun with."))
    {
        _recipe.CompletionSources.Add(_ => RecipeFile.Names);
        Option[] options =
        [
            _surrogate, _recipe, _set, _data, _images, _text, _validation, _tower, _seed, _output, _resume, _allowChange, _run, _dryRun,
        ];
        foreach (var option in options) Add(option);
        _device.AddTo(this);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var request = parsed.GetValue(_resume) ? Resumed(parsed, session) : Fresh(parsed, session);
        if (RecipeChoice.Misfit(request.Recipe, SurrogateFolder.Open(request.Surrogate, verify: false)) is { } misfit)
            session.Screen.Warn(misfit);
        if (parsed.GetValue(_dryRun)) return TrainingPlanTable.ReportOn(request);
        session.Screen.Say($"training on {request.Device}, {request.DType}, {Core.Health.TorchProbe.Provider}; run {request.Run}");
        var result = EncoderTraining.Run(
            request,
            session.Screen.Progress,
            session.Host.Stop,
            new RunWatch { Warn = session.Screen.Warn, Say = session.Screen.Say, Grace = Grace(session) },
            started: run => session.Workspace.Remember(ArtefactKind.Run, run));
        foreach (var warning in result.Warnings) session.Screen.Warn(warning);
        session.Workspace.Remember(ArtefactKind.Bundle, result.Bundle);
        return Done(result);
    }

    EncoderTrainingRequest Resumed(ParseResult parsed, Session session)
    {
        Option[] fixedByRun = [_surrogate, _recipe, _data, _images, _text, _validation, _tower, _seed, _output];
        if (fixedByRun.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } given)
            throw Fault.Usage($"{given.Name} cannot be changed by --resume.", "Leave it out, or start a new run without --resume.");
        var run = session.Workspace.Resolve(ArtefactKind.Run, parsed.GetValue(_run), "--run", "graft train-encoder");
        var edits = parsed.GetValue(_set) ?? [];
        return EncoderTraining.Reopen(
            run, _device.Device(parsed), $"train-encoder --resume{RecipeOptions.Repeat(edits)}", edits,
            parsed.GetValue(_allowChange) ?? []);
    }

    EncoderTrainingRequest Fresh(ParseResult parsed, Session session)
    {
        var surrogate = session.Workspace.Resolve(
            ArtefactKind.Surrogate, parsed.GetValue(_surrogate), "--surrogate", "graft build-surrogate");
        if (parsed.GetResult(_allowChange) is { Implicit: false })
            throw Fault.Usage("--allow-change is for a run that is gone on with.", "Add --resume, or leave it out.");
        var folder = SurrogateFolder.Open(surrogate, verify: false);
        var (name, edits) = (parsed.GetValue(_recipe), parsed.GetValue(_set) ?? []);
        if (name is null)
        {
            (name, var why) = RecipeChoice.For(folder);
            session.Screen.Say($"recipe {name}: {why}");
        }
        var recipe = RecipeFile.Load(name, edits);
        if (parsed.GetValue(_seed) is { } seed) recipe = recipe with { Seed = seed };
        if (parsed.GetValue(_tower) is { } tower) recipe = recipe with { Tower = recipe.Tower with { Checkpoint = tower, Scratch = null } };
        var run = parsed.GetValue(_run) ?? session.Workspace.NewPath(ArtefactKind.Run, recipe.Name);
        if (Directory.Exists(run)) throw Fault.Usage($"{run} is there already.", "Add --resume to go on with it, or give another --run.");
        var bundle = parsed.GetValue(_output) ?? session.Workspace.NewPath(ArtefactKind.Bundle, recipe.Name);
        return new EncoderTrainingRequest(
            surrogate, recipe, Files(parsed, session, ToyData.IsFor(folder.Target.Path)), run, bundle, _device.Device(parsed),
            _device.DType(parsed),
            $"train-encoder --recipe {name}{RecipeOptions.Repeat(edits)}");
    }

    TrainingFiles Files(ParseResult parsed, Session session, bool isToy)
    {
        if (parsed.GetValue(_data) is { Length: > 0 } data)
            return new TrainingFiles(
                data, parsed.GetValue(_images))
            { Text = parsed.GetValue(_text) ?? [], Validation = parsed.GetValue(_validation) ?? [] };
        if (!isToy) throw Fault.Usage("there is no training data.", "Give --data FILE and --images FOLDER.");
        session.Screen.Say("drawing scenes and questions for the built-in target");
        return ToyData.Ensure(Path.Combine(session.Workspace.Folder, "data", "toy")).Training;
    }

    static TimeSpan? Grace(Session session)
    {
        if (session.Host.Variable(EnvironmentVariables.Grace) is not { Length: > 0 } text) return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds > 0 && seconds < 1e6
            ? TimeSpan.FromSeconds(seconds)
            : throw Fault.Usage(
                $"{EnvironmentVariables.Grace} is {Printable.Quote(text)}; a number of seconds above 0 was expected.",
                "Change it, or unset it.");
    }

    static Report Done(EncoderTrainingResult result)
    {
        var metrics = MetricsLog.Read(Path.Combine(result.Run, RunFolder.MetricsName));
        var last = metrics.GroupBy(m => m["stage"]!.GetValue<string>()).Select(g => g.Last()).ToList();
        var content = new JsonObject
        {
            ["bundle"] = Path.GetFullPath(result.Bundle),
            ["run"] = Path.GetFullPath(result.Run),
            ["seconds"] = Math.Round(result.Seconds, 2),
            ["stages"] = new JsonArray([.. last.Select(m => new JsonObject
            {
                ["name"] = m["stage"]!.GetValue<string>(),
                ["steps"] = m["stageStep"]!.GetValue<int>(),
                ["loss"] = m["loss"]?.GetValue<double>(),
                ["validationLoss"] = m["validationLoss"]?.GetValue<double>(),
            })]),
            ["warnings"] = new JsonArray([.. result.Warnings.Select(w => JsonValue.Create(w))]),
        };
        return new Report("graft.train-encoder/1", content, console =>
        {
            var table = new Table().Border(TableBorder.Simple).AddColumns("stage", "steps", "last loss", "validation loss");
            foreach (var m in last)
                table.AddRow(
                    m["stage"]!.GetValue<string>(), $"{m["stageStep"]}", m["loss"] is { } l ? $"{l.GetValue<double>():F3}" : "–",
                    m["validationLoss"] is { } v ? $"{v.GetValue<double>():F3}" : "–");
            console.Write(table);
            console.Profile.Out.Writer.WriteLine($"trained in {result.Seconds:F0} s");
            console.Profile.Out.Writer.WriteLine($"run: {Path.GetFullPath(result.Run)}");
            console.Profile.Out.Writer.WriteLine($"bundle: {Path.GetFullPath(result.Bundle)}");
        });
    }
}
