using System.CommandLine;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core.Running;
using Grafting.Recipes;
using Grafting.Surrogates.Analysis;
using Grafting.Surrogates.Planning;

namespace Grafting.Cli.Commands;

/// <summary><c>graft plan</c>.</summary>
sealed class PlanCommand : GraftCommand
{
    readonly Option<string> _target = new("--target", "-t")
    {
        Description = "Language model to plan for: a name from 'graft targets', a folder with a config.json, or org/name in the local "
            + "Hugging Face cache",
        HelpName = "model",
        Required = true,
    };

    readonly PlanOptions _options = new();

    readonly Option<bool> _all = new("--all", "-a") { Description = "Show every surrogate, not about a dozen" };

    public PlanCommand() : base(
        "plan",
        "List the surrogates of a target with what training against each takes (memory, operations, hours) and what it risks, mark those "
            + "that no other beats, and recommend the cheapest without known risk. Works from config.json alone and makes nothing.",
        new Example("graft plan --target llama8b --device a100-80gb", "What fits an A100, and how long both published stages take on it."),
        new Example(
            "graft plan --target llama70b --memory 80GB --recompute --all",
            "Every cut of a 70B target, with layers computed again in the backward pass."),
        new Example(
            "graft plan --target toy --transition 4 --calibrate",
            "With a measured transition, and hours from a measurement on this machine."))
    {
        _target.CompletionSources.Add(_ => Catalogue.Entries.Select(e => e.Alias));
        Add(_target);
        _options.AddTo(this);
        Add(_all);
    }

    /// <summary>What the last analysis found, where it was of this target.</summary>
    static KnownTransition? Measured(Session session, ResolvedTarget target) =>
        target.Folder is { } folder && session.Workspace.Last(ArtefactKind.Analysis) is { } analysis
            ? KnownTransition.Of(AnalysisFolder.Open(analysis), folder)
            : null;

    static string Scratch() => Path.Combine(Path.GetTempPath(), $"graft-rehearsal-{Path.GetRandomFileName()}");

    public override Report Run(ParseResult parsed, Session session)
    {
        var resolver = new TargetResolver(session.Host.Variable, AppContext.BaseDirectory);
        var target = resolver.Find(parsed.GetRequiredValue(_target));
        var tower = _options.Tower(parsed, resolver);
        Calibration? calibration = null;
        var transition = Measured(session, target);
        var survey = SurrogateSurvey.Create(
            target.Config, target.ConfigSource, shape =>
                _options.Request(parsed, shape, tower, transition, measured => calibration = measured));
        foreach (var note in survey.Notes) session.Screen.Warn($"{target.Name}: {note}");
        var rehearsal = _options.Rehearse(parsed) is { } layers
            ? Rehearsal.Run(survey.Target, layers, tower, survey.Request.Work, Scratch(), session.Screen.Progress)
            : null;
        return new Report(
            "graft.plan/1",
            new
            {
                Target =
                    new { target.Name, target.Folder, Shape = survey.Target, Parameters = survey.Target.Parameters(survey.Target.Layers) },
                Assumptions = survey.Request,
                Vision = VisionShape.Of(tower, survey.Target.Width),
                survey.Transition,
                survey.Candidates,
                survey.Baseline,
                survey.Recommended,
                survey.Nearest,
                Calibration = calibration,
                Rehearsal = rehearsal,
            },
            console => PlanTable.Write(console, target, survey, parsed.GetValue(_all), calibration, rehearsal));
    }
}
