using System.CommandLine;
using Grafting.Cli.Rendering;
using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Evaluation.MultipleChoice;
using Grafting.Core.Running;
using Grafting.Recipes;
using Grafting.Recipes.Runs;
using Grafting.Recipes.Toy;
using Grafting.Surrogates;
using Example = Grafting.Cli.Help.Example;

namespace Grafting.Cli.Commands;

/// <summary><c>graft evaluate</c>.</summary>
sealed class EvaluateCommand : GraftCommand
{
    readonly Option<bool> _language = new("--language")
    {
        Description = "Examine a surrogate as a language model: on text, against its target, and on multiple-choice benchmarks",
    };
    readonly TextOptions _text = new(300, "Text that neither model was trained on, read by both");

    readonly Option<string?> _target = new("--target", "-t")
    {
        Description = "Full language model: a name, a folder, or org/name in the cache; without --surrogate it is examined alone "
            + "[default: the one that the surrogate was cut from]",
        HelpName = "model",
    };

    readonly Option<string?> _surrogate = new("--surrogate", "-s")
    {
        Description = "Surrogate to compare with it [default: the last one built]",
        HelpName = "folder",
    };

    readonly Option<string[]> _task = new("--task")
    {
        Description = $"Benchmark and its file, or its folder as published; {string.Join(", ", ChoiceTasks.Names)}. May be given several "
            + "times",
        HelpName = "name=path",
    };

    readonly Option<int> _shots = new("--shots")
    {
        Description = "Answered examples before each question",
        HelpName = "N",
        DefaultValueFactory = _ => 0,
    };

    readonly Option<string[]> _examples = new("--examples")
    {
        Description = "Where a benchmark's examples come from [default: its training split, mmlu: dev, beside the questions]",
        HelpName = "name=path",
    };

    readonly Option<int?> _limit = new("--limit")
    {
        Description = "Ask only the first N questions of each task, mmlu: of each subject [default: all]",
        HelpName = "N",
    };
    readonly Option<bool> _beginToken = new("--begin-token") { Description = "Put the token that begins a text before every prompt" };
    readonly Option<int> _seed = new("--seed")
    {
        Description = "Seed of the drawn examples and of the intervals",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };
    readonly DeviceOptions _device = new();

    public EvaluateCommand() : base(
        "evaluate",
        "Examine how much of its target's language a surrogate keeps: loss, agreement and KL divergence on text, and multiple-choice "
            + "benchmarks, side by side on the same words and questions. Prompts and scores of the benchmarks are those of "
            + "lm-evaluation-harness: each choice is judged by its likelihood.",
        new Example(
            "graft evaluate --language",
            "The last surrogate against its target; for the built-in target on scenes that no training has seen, in words."),
        new Example("graft evaluate --language --text held-out.txt", "On your own text."),
        new Example(
            "graft evaluate --language --task arc_easy=ARC-Easy --task hellaswag=hellaswag_val.jsonl",
            "The last surrogate and its target."),
        new Example(
            "graft evaluate --language --target llama8b --task mmlu=data --shots 5",
            "One model alone, with five examples before each question."))
    {
        Option[] options = [_language, _target, _surrogate, _task, _shots, _examples, _limit, _beginToken, _seed];
        foreach (var option in options) Add(option);
        _text.AddTo(this);
        _device.AddTo(this);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        if (!parsed.GetValue(_language)) throw Fault.Usage("'graft evaluate' was not told what to examine.", "Add --language.");
        var tasks = ChoiceTasks.Parse(parsed.GetValue(_task) ?? [], "--task");
        var examples = ChoiceTasks.Parse(parsed.GetValue(_examples) ?? [], "--examples");
        if (examples.Keys.FirstOrDefault(task => !tasks.ContainsKey(task)) is { } stray)
            throw Fault.Usage($"--examples names {stray.Name}, which is not examined.", $"Add --task {stray.Name}=PATH.");

        var models = Models(parsed, session);
        var (shots, seed) = (parsed.GetValue(_shots), parsed.GetValue(_seed));
        var text = Text(parsed, session, models, seed);
        if (tasks.Count == 0 && text is null)
            throw Fault.Usage(
                "there is nothing to examine on.",
                $"Give --text FILE and a surrogate, or --task NAME=PATH; known tasks are {string.Join(", ", ChoiceTasks.Names)}.");
        // Data that cannot be read should not wait for a large model to load.
        var tests = tasks.Select(
            task => ChoiceTest.Load(
                task.Key, task.Value, examples.GetValueOrDefault(task.Key), shots, parsed.GetValue(_limit), (ulong)seed)).ToList();
        var (device, type) = (_device.Device(parsed), _device.DType(parsed));
        session.Screen.Say($"examining on {device}, {type}, {Core.Health.TorchProbe.Provider}");
        var request = new LanguageRequest(
            models, tests, shots, parsed.GetValue(_beginToken), text, session.Workspace.Scratch, (ulong)seed, device, type);
        var result = LanguageRun.Evaluate(request, session.Screen.Progress, session.Host.Stop);
        return new Report(LanguageResult.Schema, result.ToJson(), console => LanguageTable.Write(console, result));
    }

    /// <summary>What a surrogate and its target both read; null where there is nothing to compare.</summary>
    TextCorpus? Text(ParseResult parsed, Session session, List<KeyValuePair<string, string>> models, int seed)
    {
        var target = models[0].Value;
        if (models.Count > 1)
            return _text.IsGiven(parsed) || ToyData.IsFor(target) ? _text.Load(parsed, session, target, heldOut: true, seed) : null;
        if (_text.IsGiven(parsed))
        {
            throw Fault.Usage(
                "--text compares a surrogate with its target, and --target alone names no surrogate.", "Add --surrogate FOLDER.");
        }
        return null;
    }

    List<KeyValuePair<string, string>> Models(ParseResult parsed, Session session)
    {
        var target = parsed.GetValue(_target) is { } named
            ? new TargetResolver(session.Host.Variable, AppContext.BaseDirectory).Find(named).RequireFolder()
            : null;
        if (target is not null && parsed.GetValue(_surrogate) is null) return [new("target", target)];
        var surrogate = session.Workspace.Resolve(
            ArtefactKind.Surrogate, parsed.GetValue(_surrogate), "--surrogate", "graft build-surrogate");
        return [new("target", target ?? SurrogateFolder.Open(surrogate).Target.Path), new("surrogate", surrogate)];
    }
}
