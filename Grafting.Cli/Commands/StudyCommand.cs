using System.CommandLine;
using System.Text.Json.Nodes;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Recipes.Schema;
using Grafting.Recipes.Study;

namespace Grafting.Cli.Commands;

/// <summary><c>graft study</c>.</summary>
sealed class StudyCommand : GraftCommand
{
    readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "Folder of the study; what is there is not made again [default: in the workspace, study]",
        HelpName = "folder",
    };
    readonly Option<string?> _report = new("--report")
    {
        Description = "Folder of the report [default: report, in the study's folder]",
        HelpName = "folder",
    };
    readonly Option<string?> _recipe = new("--recipe", "-r")
    {
        Description = "Recipe of every training: a name or a YAML file [default: study]",
        HelpName = "recipe",
    };
    readonly Option<string?> _only = new("--only")
    {
        Description = "Groups of trainings, by their letters as in B,C [default: all]",
        HelpName = "letters",
    };
    readonly Option<int?> _seeds = new("--seeds")
    {
        Description = "Trainings of each condition [default: 5; 1 with --quick]",
        HelpName = "N",
    };
    readonly Option<int?> _jobs = new("--jobs")
    {
        Description = "Trainings at a time, one core each; results do not depend on it [default: the number of cores]",
        HelpName = "N",
    };
    readonly Option<bool> _quick = new("--quick")
    {
        Description = "A few steps of a few trainings, to try the machinery; its figures mean nothing",
    };
    readonly Option<bool> _dryRun = new("--dry-run") { Description = "Print the trainings and the time they need, and train nothing" };

    public StudyCommand() : base(
        "study",
        "Test the findings of the method on the built-in target and a sibling of 16 layers: several trainings of every condition, paired "
            + "tests, figures, and a verdict on each hypothesis. An interrupted study goes on when the command is typed again.",
        new Example("graft study", "All of it; an hour or two on two cores. The report is in grafts/study/report."),
        new Example("graft study --dry-run", "Which trainings that means, which of them are done, and how long the rest takes."),
        new Example("graft study --only B,C --seeds 3", "Main comparison and prefix length alone, with three seeds."))
    {
        Option[] options = [_output, _report, _recipe, _only, _seeds, _jobs, _quick, _dryRun];
        foreach (var option in options) Add(option);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var scale = parsed.GetValue(_quick) ? StudyScale.ForQuick : new StudyScale();
        if (parsed.GetValue(_seeds) is { } seeds) scale = scale with { Seeds = seeds };
        var folder = Path.GetFullPath(
            parsed.GetValue(_output) ?? Path.Combine(session.Workspace.Folder, scale.Quick ? "study-quick" : "study"));
        var request = new StudyRequest(
            folder, Path.GetFullPath(parsed.GetValue(_report) ?? Path.Combine(folder, "report")),
            RecipeFile.Load(parsed.GetValue(_recipe) ?? "study"), scale,
            parsed.GetValue(_only)?.ToUpperInvariant(), parsed.GetValue(_jobs) ?? Environment.ProcessorCount).Validate();
        if (parsed.GetValue(_dryRun)) return Outlook(StudyRun.Expect(request));
        var results = StudyRun.Run(request, session.Screen.Progress, session.Host.Stop);
        return Verdicts(results, request);
    }

    static Report Verdicts(StudyResults results, StudyRequest request)
    {
        var hypotheses = Hypotheses.Judge(results);
        var content = StudyReport.ToJson(results, hypotheses);
        content.Remove("schema");
        content["study"] = request.Folder;
        content["report"] = request.Report;
        return new Report(
            StudyReport.Schema, content, console => StudyTable.Write(console, hypotheses, Path.Combine(request.Report, "README.md")));
    }

    static Report Outlook(StudyOutlook outlook)
    {
        var content = new JsonObject
        {
            ["cells"] = outlook.Plan.Cells.Count,
            ["done"] = outlook.Done.Values.Sum(),
            ["secondsLeft"] = outlook.SecondsLeft,
            ["assumedCuts"] = new JsonArray([.. outlook.Assumed.Select(name => JsonValue.Create(name))]),
            ["groups"] = new JsonArray([.. outlook.Plan.Groups.Select(group => new JsonObject
            {
                ["letter"] = group.Letter.ToString(),
                ["title"] = group.Title,
                ["conditions"] = new JsonArray([.. group.Conditions.Select(condition => JsonValue.Create(condition.Key))]),
            })]),
        };
        return new Report("graft.study.plan/1", content, console => StudyTable.Write(console, outlook));
    }
}
