using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core;
using Grafting.Recipes.Costs;
using Grafting.Surrogates.Planning;

namespace Grafting.Cli.Commands;

/// <summary><c>graft cost</c>.</summary>
sealed class CostCommand : GraftCommand
{
    readonly Argument<string?> _run = new("run")
    {
        Description = "Run, bundle or graft [default: the last run]",
        HelpName = "folder",
        Arity = ArgumentArity.ZeroOrOne,
    };

    readonly Option<string?> _check = new("--check")
    {
        Description = "'zero' recomputes the published hours of the paper instead, and what follows from them",
        HelpName = "zero",
    };
    readonly Option<string?> _fineTune = new("--finetune")
    {
        Description = "Run that trained the target after the graft, to be counted as ours",
        HelpName = "folder",
    };
    readonly Option<double?> _fraction = new("--fraction")
    {
        Description = "Fraction of the data that the target would be trained on after the graft [default: 0]",
        HelpName = "F",
    };

    readonly Option<string?> _samples = new("--samples")
    {
        Description = "Samples of the baselines: adapter training, and all data for the target [default: what the run read in its first "
            + "and in its longest stage]",
        HelpName = "N,M",
    };

    readonly Option<double> _factor = new("--full-factor")
    {
        Description = "Time of full fine-tuning over what its operations alone take; the published run: 2.64",
        HelpName = "K",
        DefaultValueFactory = _ => 1,
    };

    readonly Option<string[]> _all = new("--measured-all")
    {
        Description = "Run of the first baseline, in place of the estimate. May be given several times",
        HelpName = "folder",
    };
    readonly Option<string[]> _same = new("--measured-fraction")
    {
        Description = "Run of the second baseline, in place of the estimate. May be given several times",
        HelpName = "folder",
    };

    public CostCommand() : base(
        "cost",
        "What a run took (time, samples, operations, utilisation, energy, memory), beside two ways without a surrogate: adapter and "
            + "target trained on all data, and the same on the fraction of it that ours reads, which is the fair comparison. Every figure "
            + "says whether it was measured.",
        new Example("graft cost", "The last run."),
        new Example(
            "graft cost grafts/grafts/toy --fraction 0.2",
            "The run behind a graft, as if its target were then trained on a fifth of the data."),
        new Example("graft cost --check zero", "The published 45 %, from the published hours."))
    {
        Add(_run);
        _check.AcceptOnlyFromAmong("zero");
        Option[] options = [_check, _fineTune, _fraction, _samples, _factor, _all, _same];
        foreach (var option in options) Add(option);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        if (parsed.GetValue(_check) is not null) return Check(parsed);
        var run = CostlyRun.Find(parsed.GetValue(_run), session.Workspace);
        var ledger = CostLedger.Read(run);
        var comparison = CostComparison.Of(ledger, CostlyRun.Preparation(run, session.Workspace), Request(parsed));
        return new Report(
            "graft.cost-report/1", Content(run, ledger, comparison),
            console => CostTable.Write(console, run, CostWording.Section(ledger, comparison)));
    }

    Report Check(ParseResult parsed)
    {
        Option[] others = [_fineTune, _fraction, _samples, _factor, _all, _same];
        if (parsed.GetValue(_run) is not null || others.Any(option => parsed.GetResult(option) is { Implicit: false }))
            throw Fault.Usage("--check zero is about the paper; it takes no run and no other option.", "Leave them out.");
        var checks = PublishedCosts.Checks();
        return new Report(
            "graft.cost-check/1", new { Checks = checks }, console => CostTable.Write(console, checks),
            checks.Any(check => check.Agrees == false) ? ExitCodes.Input : ExitCodes.Done);
    }

    ComparisonRequest Request(ParseResult parsed)
    {
        var samples = parsed.GetValue(_samples) is { } text ? SampleCounts.Parse(text) : null;
        if (samples is { StageTwo: 0 })
            throw Fault.Usage("--samples needs two numbers here: for the adapter, and for the target.", "E.g. --samples 558128,624610.");
        return new ComparisonRequest(
            parsed.GetValue(_fineTune) is { } tuned ? CostLedger.Read(tuned) : null, parsed.GetValue(_fraction), samples?.StageOne,
            samples?.StageTwo,
            parsed.GetValue(_factor), Ledgers(parsed.GetValue(_all)), Ledgers(parsed.GetValue(_same)));
    }

    static CostLedger[] Ledgers(string[]? runs) => [.. (runs ?? []).Select(CostLedger.Read)];

    static JsonObject Content(string run, CostLedger ledger, CostComparison comparison)
    {
        var written = ledger.ToJson();
        written.Remove("schema");
        return new JsonObject
        {
            ["run"] = Path.GetFullPath(run),
            ["ledger"] = written,
            ["seconds"] = ledger.Seconds,
            ["flops"] = ledger.Flops,
            ["flopsPerSecond"] = ledger.FlopsPerSecond,
            ["matrixFlopsPerSecond"] = ledger.MatrixFlopsPerSecond,
            ["utilisation"] = ledger.FlopsPerSecond / ledger.MatrixFlopsPerSecond,
            ["joules"] = ledger.Energy.Joules,
            ["energySource"] = ledger.Energy.Source,
            ["comparison"] = JsonSerializer.SerializeToNode(comparison, Report.Format),
        };
    }
}
