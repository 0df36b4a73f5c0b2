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
using Grafting.Recipes.Schema;
using Grafting.Surrogates;
using Grafting.Surrogates.Analysis;
using Grafting.Surrogates.Translators;

namespace Grafting.Cli.Commands;

/// <summary><c>graft build-surrogate</c>.</summary>
sealed class BuildSurrogateCommand : GraftCommand
{
    readonly Option<string?> _target = new("--target", "-t")
    {
        Description = "Language model to cut: a name from 'graft targets', a model folder, or org/name in the local Hugging Face cache",
        HelpName = "model",
    };

    readonly Option<string?> _recipe = new("--recipe", "-r")
    {
        Description = "Instead of target and cut: the recipe, by its name or file, that names both",
        HelpName = "recipe",
    };

    readonly Option<int?> _layers = new("--layers", "-l")
    {
        Description = "Decoder layers of the surrogate in all: those in front, the translators, and the target's last ones",
        HelpName = "N",
    };

    readonly Option<string?> _replace = new("--replace")
    {
        Description = "Instead of --layers: first and last layer of the target that translators stand for, or several such ranges: "
            + "16-26,40-78",
        HelpName = "A-B",
    };

    readonly Option<string?> _transition = new("--transition")
    {
        Description = "Instead of --layers: 'auto' replaces the layers that 'graft analyze' proposed for this target",
        HelpName = "auto",
    };

    readonly Option<string?> _analysis = new("--analysis")
    {
        Description = "Analysis that --transition auto reads [default: the last one made]",
        HelpName = "folder",
    };

    readonly Option<int> _translators = new("--translators")
    {
        Description = "Translators in place of each range",
        HelpName = "K",
        DefaultValueFactory = _ => 1,
    };

    readonly Option<int> _keepLast = new("--keep-last")
    {
        Description = "Layers at the target's end that are kept",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    readonly Option<string> _init = new("--init")
    {
        Description = "What translators start as: first (of the replaced layers, as in the paper), last, mean, or least-squares (fitted "
            + "to text in closed form)",
        HelpName = "how",
        DefaultValueFactory = _ => TranslatorStart.First.Name(),
    };

    readonly Option<bool> _distil = new("--distil")
    {
        Description = "Train the translators on text, alone, against the target's hidden states and logits",
    };

    readonly Option<int> _distilSteps = new("--distil-steps")
    {
        Description = "Steps of that training",
        HelpName = "N",
        DefaultValueFactory = _ => new DistillationConfig().Steps,
    };

    readonly Option<double> _distilRate = new("--distil-rate")
    {
        Description = "Its learning rate",
        HelpName = "R",
        DefaultValueFactory = _ => new DistillationConfig().LearningRate,
    };

    readonly TextOptions _text = new(2000, "Text for least-squares and --distil");

    readonly Option<int> _seed = new("--seed")
    {
        Description = "Seed of the draw from the text and of the training's order",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    readonly DeviceOptions _device = new();

    readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "Folder to make [default: in the workspace, surrogates/<model>-<layers>]",
        HelpName = "folder",
    };

    readonly Option<bool> _force = new("--force") { Description = "Replace the folder given with --output if it holds a surrogate" };

    readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "Print the plan and its costs, and make nothing; the weights need not be here",
    };

    public BuildSurrogateCommand() : base(
        "build-surrogate",
        "Cut a small surrogate out of a language model: its early layers and its last, with one trainable layer (the translator) in place "
            + "of those between. Copies byte ranges, so memory stays small whatever the model; the result is an ordinary model folder.",
        new Example("graft build-surrogate --target toy --layers 6", "Cut the built-in target of 8 layers down to 6."),
        new Example("graft build-surrogate --target llama70b --replace 40-78", "The cut of the paper for 80 layers."),
        new Example("graft build-surrogate --recipe zero/llama3.1-70b", "The same, as that recipe has it."),
        new Example("graft build-surrogate --target toy --transition auto", "The cut that 'graft analyze' has found."),
        new Example(
            "graft build-surrogate --target toy --layers 6 --init least-squares --distil",
            "Fit the translator to text, then train it on text, before any picture is seen."),
        new Example(
            "graft build-surrogate --target llama70b --replace 16-26,40-78 --translators 2 --dry-run",
            "Two ranges, two translators for each."),
        new Example(
            "graft build-surrogate --target llama70b --layers 42 --dry-run", "What that would keep, read, write and need; makes nothing."))
    {
        _target.CompletionSources.Add(_ => Catalogue.Entries.Select(e => e.Alias));
        _recipe.CompletionSources.Add(_ => RecipeFile.Names);
        Add(_target);
        Add(_recipe);
        Add(_layers);
        Add(_replace);
        _transition.AcceptOnlyFromAmong("auto");
        Option[] options = [_transition, _analysis, _translators, _keepLast, _init, _distil, _distilSteps, _distilRate];
        foreach (var option in options) Add(option);
        _text.AddTo(this);
        Add(_seed);
        _device.AddTo(this);
        Add(_output);
        Add(_force);
        Add(_dryRun);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var start = TranslatorStarts.Parse(parsed.GetRequiredValue(_init));
        var recipe = OfRecipe(parsed);
        var named = recipe?.Target ?? parsed.GetValue(_target)
            ?? throw Fault.Usage("There is no target to cut.", "Give --target MODEL, or --recipe NAME.");
        var target = new TargetResolver(session.Host.Variable, AppContext.BaseDirectory).Find(named);
        var cut = recipe?.ToCut() ?? Cut(parsed, session, target) with
        {
            Translators = parsed.GetValue(_translators),
            KeepLast = parsed.GetValue(_keepLast),
        };
        using var checkpoint = target.Folder is null ? null : Checkpoint.Open(target.Folder);
        var plan = checkpoint is null
            ? SurrogatePlan.Create(target.Config, cut, target.ConfigSource, start)
            : SurrogatePlan.Create(checkpoint, cut, start);
        foreach (var warning in plan.Warnings) session.Screen.Warn($"{target.Name}: {warning}");
        if (parsed.GetValue(_dryRun))
        {
            var states = TranslatorMaker.StateBytes(plan, parsed.GetValue(_distil), _device.DType(parsed), _text.MostTokens(parsed));
            return ReportOn(target, plan, null, null, states);
        }

        var folder = target.RequireFolder();
        var output = parsed.GetValue(_output) ?? session.Workspace.NewPath(ArtefactKind.Surrogate, $"{target.Name}-{plan.Layers.Count}");
        var watch = Stopwatch.StartNew();
        var command = $"{Name} --target {named} {cut}";
        using var translators = Translators(parsed, session, folder, plan, command);
        var surrogate = SurrogateBuilder.Build(
            checkpoint!,
            plan,
            output,
            new BuildOptions(command) { Replace = parsed.GetValue(_force), Translators = translators },
            session.Screen.Progress,
            session.Host.Stop.Token);
        session.Workspace.Remember(ArtefactKind.Surrogate, output);
        new RouteLog(session.Workspace.Folder).Add(ArtefactKind.Surrogate, output, folder, watch.Elapsed);
        return ReportOn(target, plan, surrogate, watch.Elapsed);
    }

    /// <summary>Target and cut as a recipe has them; null without <c>--recipe</c>.</summary>
    SurrogateSection? OfRecipe(ParseResult parsed)
    {
        if (parsed.GetValue(_recipe) is not { } name) return null;
        Option[] others = [_target, _layers, _replace, _transition, _analysis, _translators, _keepLast];
        if (others.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } given)
            throw Fault.Usage($"{given.Name} and --recipe both say what is cut.", "Give one of them.");
        return RecipeFile.Load(name).Surrogate
            ?? throw Fault.Usage($"recipe {name} names no surrogate.", "Give --target and a cut, or write 'surrogate' into the recipe.");
    }

    CutRequest Cut(ParseResult parsed, Session session, ResolvedTarget target)
    {
        var (layers, replace) = (parsed.GetValue(_layers), parsed.GetValue(_replace));
        if (parsed.GetValue(_transition) is null) return CutRequest.Parse(layers, replace);
        if (layers is not null || replace is not null)
            throw Fault.Usage("--transition auto chooses the cut; --layers and --replace do as well.", "Give one of them.");
        var folder = session.Workspace.Resolve(ArtefactKind.Analysis, parsed.GetValue(_analysis), "--analysis", "graft analyze");
        var range = AnalysisFolder.Open(folder).CutOf(target.RequireFolder());
        session.Screen.Say($"--replace {range}, as proposed by {folder}");
        return CutRequest.Replace(range);
    }

    /// <summary>Translators that are more than copies; null where copies do.</summary>
    TranslatorWeights? Translators(ParseResult parsed, Session session, string target, SurrogatePlan plan, string command)
    {
        var (steps, rate) = (parsed.GetValue(_distilSteps), parsed.GetValue(_distilRate));
        Fault.IfOutside(steps, 1, DistillationConfig.MostSteps, _distilSteps.Name);
        Fault.IfOutside(rate, DistillationConfig.LeastRate, DistillationConfig.MostRate, _distilRate.Name);
        var distil = parsed.GetValue(_distil)
            ? new DistillationConfig { Steps = steps, LearningRate = rate, Seed = (ulong)parsed.GetValue(_seed) }
            : null;
        if (!TranslatorMaker.IsNeeded(plan, distil is not null)) return null;
        var (device, type) = (_device.Device(parsed), _device.DType(parsed));
        var text = TranslatorMaker.Borders(plan, distil is not null).Count == 0
            ? null
            : _text.Load(parsed, session, target, heldOut: false, parsed.GetValue(_seed));
        session.Screen.Say($"making translators on {device}, {type}, {Core.Health.TorchProbe.Provider}");
        return TranslatorMaker.Make(
            target, plan, new TranslatorRequest(text, distil, session.Workspace.Scratch, device, type, command), session.Screen.Progress,
            session.Host.Stop);
    }

    static Report ReportOn(ResolvedTarget target, SurrogatePlan plan, SurrogateFolder? surrogate, TimeSpan? time, long stateBytes = 0)
    {
        var folder = surrogate is null ? null : Path.GetFullPath(surrogate.Folder);
        var content = new JsonObject
        {
            ["target"] = new JsonObject { ["name"] = target.Name, ["folder"] = target.Folder },
            ["plan"] = CamelCase.Of(plan.ToJson()),
            ["surrogate"] = folder,
            ["identity"] = surrogate?.Identity,
            ["calibration"] = CamelCase.Of(surrogate?.Calibration),
            ["seconds"] = time?.TotalSeconds,
            ["stateBytes"] = surrogate is null ? stateBytes : null,
        };
        return new Report("graft.build-surrogate/1", content, console =>
        {
            SurrogatePlanTable.Write(console, target, plan);
            if (stateBytes > 0)
            {
                console.Profile.Out.Writer.WriteLine(
                    $"translators: {plan.Start.Name()}; up to {Quantity.Bytes(stateBytes)} of the target's states on disk while they are made");
            }
            console.Profile.Out.Writer.WriteLine(folder is null ? "Dry run: nothing was made." : $"surrogate: {folder}");
        });
    }
}
