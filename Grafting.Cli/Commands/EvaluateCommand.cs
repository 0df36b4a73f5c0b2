using System.CommandLine;
using Grafting.Cli.Rendering;
using Grafting.Core;
using Grafting.Core.Evaluation.MultipleChoice;
using Grafting.Core.Running;
using Grafting.Recipes;
using Grafting.Recipes.Runs;
using Grafting.Surrogates;
using Example = Grafting.Cli.Help.Example;

namespace Grafting.Cli.Commands;

/// <summary><c>graft evaluate</c>.</summary>
sealed class EvaluateCommand : GraftCommand
{
    readonly Option<bool> _language = new("--language") { Description = "Ask language models multiple-choice questions: how much language does a surrogate keep?" };

    readonly Option<string?> _target = new("--target", "-t")
    {
        Description = "Full language model: a name, a folder, or org/name in the cache; without --surrogate it is examined alone "
            + "[default: the one that the surrogate was cut from]",
        HelpName = "model",
    };

    readonly Option<string?> _surrogate = new("--surrogate", "-s") { Description = "Surrogate to compare with it [default: the last one built]", HelpName = "folder" };

    readonly Option<string[]> _task = new("--task")
    {
        Description = $"Benchmark and its file, or its folder as published; {string.Join(", ", ChoiceTasks.Names)}. May be given several times",
        HelpName = "name=path",
    };

    readonly Option<int> _shots = new("--shots") { Description = "Answered examples before each question", HelpName = "N", DefaultValueFactory = _ => 0 };

    readonly Option<string[]> _examples = new("--examples")
    {
        Description = "Where a benchmark's examples come from [default: its training split, mmlu: dev, beside the questions]",
        HelpName = "name=path",
    };

    readonly Option<int?> _limit = new("--limit") { Description = "Ask only the first N questions of each task, mmlu: of each subject [default: all]", HelpName = "N" };
    readonly Option<bool> _beginToken = new("--begin-token") { Description = "Put the token that begins a text before every prompt" };
    readonly Option<int> _seed = new("--seed") { Description = "Seed of the drawn examples and of the intervals", HelpName = "N", DefaultValueFactory = _ => 1 };
    readonly DeviceOptions _device = new();

    public EvaluateCommand() : base(
        "evaluate",
        "Examine the language of a target and a surrogate cut from it on multiple-choice benchmarks, side by side on the same questions. Prompts "
            + "and scores are those of lm-evaluation-harness: each choice is judged by its likelihood.",
        new Example("graft evaluate --language --task arc_easy=ARC-Easy --task hellaswag=hellaswag_val.jsonl", "The last surrogate and its target."),
        new Example("graft evaluate --language --target llama8b --task mmlu=data --shots 5", "One model alone, with five examples before each question."))
    {
        Option[] options = [_language, _target, _surrogate, _task, _shots, _examples, _limit, _beginToken, _seed];
        foreach (var option in options) Add(option);
        _device.AddTo(this);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        if (!parsed.GetValue(_language)) throw Fault.Usage("'graft evaluate' was not told what to examine.", "Add --language.");
        var tasks = ChoiceTasks.Parse(parsed.GetValue(_task) ?? [], "--task");
        if (tasks.Count == 0)
            throw Fault.Usage("there is no task to examine on.", $"Give --task NAME=PATH; known are {string.Join(", ", ChoiceTasks.Names)}.");
        var examples = ChoiceTasks.Parse(parsed.GetValue(_examples) ?? [], "--examples");
        if (examples.Keys.FirstOrDefault(task => !tasks.ContainsKey(task)) is { } stray)
            throw Fault.Usage($"--examples names {stray.Name}, which is not examined.", $"Add --task {stray.Name}=PATH.");

        var models = Models(parsed, session);
        var (shots, seed) = (parsed.GetValue(_shots), (ulong)parsed.GetValue(_seed));
        // Data that cannot be read should not wait for a large model to load.
        var tests = tasks.Select(task => ChoiceTest.Load(task.Key, task.Value, examples.GetValueOrDefault(task.Key), shots, parsed.GetValue(_limit), seed)).ToList();
        var (device, type) = (_device.Device(parsed), _device.DType(parsed));
        session.Screen.Say($"examining on {device}, {type}, {Core.Health.TorchProbe.Provider}");
        var request = new LanguageRequest(models, tests, shots, parsed.GetValue(_beginToken), seed, device, type);
        var exam = LanguageRun.Evaluate(request, session.Screen.Progress, session.Host.Stop);
        var content = exam.ToJson();
        content.Remove("schema");
        content.Remove("ok");
        return new Report(LanguageExam.Schema, content, console => LanguageTable.Write(console, exam));
    }

    List<KeyValuePair<string, string>> Models(ParseResult parsed, Session session)
    {
        var target = parsed.GetValue(_target) is { } named
            ? new TargetResolver(session.Host.Variable, AppContext.BaseDirectory).Find(named).RequireFolder()
            : null;
        if (target is not null && parsed.GetValue(_surrogate) is null) return [new("target", target)];
        var surrogate = session.Workspace.Resolve(ArtefactKind.Surrogate, parsed.GetValue(_surrogate), "--surrogate", "graft build-surrogate");
        return [new("target", target ?? SurrogateFolder.Open(surrogate).Target.Path), new("surrogate", surrogate)];
    }
}
