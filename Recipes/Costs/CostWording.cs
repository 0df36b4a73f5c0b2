using System.Globalization;
using Grafting.Core.Reporting;

namespace Grafting.Recipes.Costs;

/// <summary>How costs are put into words and figures, on the page and on the console.</summary>
public static class CostWording
{
    const string Unknown = "–";

    /// <summary>The ledger and the three routes.</summary>
    public static CostSection Section(CostLedger ledger, CostComparison comparison) =>
        new([Stages(ledger), Routes(comparison)], [.. Notes(ledger), .. Notes(comparison)]);

    public static ReportTable Stages(CostLedger ledger) => new(
        "Training",
        ["stage", "steps", "samples", "pictures", "positions", "predicted", "operations", "time", "used"],
        [
            .. ledger.Stages.Select(stage => Row(stage, ledger.Utilisation(stage))),
            Row(ledger.Together, ledger.FlopsPerSecond / ledger.MatrixFlopsPerSecond),
        ]);

    /// <summary>Every part of every route, and each route together.</summary>
    public static ReportTable Routes(CostComparison comparison) => new(
        "Three routes",
        ["route", "part", "samples", "operations", "time", "basis"],
        [.. comparison.Routes.SelectMany(Rows)]);

    public static IEnumerable<string> Notes(CostLedger ledger)
    {
        var rate = ledger.Sessions[^1];
        yield return $"Reached: {(ledger.FlopsPerSecond is { } reached ? Flops(reached) : "0 FLOP")}/s. "
            + Invariant($"Used: of {Flops(ledger.MatrixFlopsPerSecond ?? rate.Rate.FlopsPerSecond)}/s, measured here with square matrices ")
            + Invariant(
                $"({rate.Device}, {rate.Type}, {rate.Rate.Size} rows{(rate.Rate.Threads > 0 ? $", threads: {rate.Rate.Threads}" : "")}).");
        if (ledger.MatrixFlopsPerSecond is null)
            yield return "The run moved between devices or types, so there is no utilisation of the whole.";
        yield return ledger.Energy is { Joules: { } joules } told
            ? $"Energy: {Joules(joules)} ({told.Source})."
            : $"Energy: not told ({ledger.Energy.Source}).";
        yield return $"Memory at most: {(ledger.PeakMemory is { } peak ? Bytes(peak) : "not told")} of the process"
            + (ledger.PeakDeviceMemory is { } device ? $", {Bytes(device)} in use on the device." : ".");
        if (ledger.Repeated.Steps > 0)
            yield return $"{ledger.Repeated.Steps} steps ({Wording.Duration(ledger.Repeated.Seconds)}) were lost when a process died, and "
                + "run again.";
        var processes = ledger.Sessions.Count == 1 ? "process" : "processes";
        yield return $"{ledger.Sessions.Count} {processes}; beside the stages {Wording.Duration(ledger.OtherSeconds)}.";
    }

    public static IEnumerable<string> Notes(CostComparison comparison)
    {
        yield return Against(comparison.Ours, comparison.All);
        yield return Against(comparison.Ours, comparison.SameFraction);
        yield return comparison.Fraction > 0
            ? Invariant($"Ours reads {100 * comparison.Fraction:0.#} % of {comparison.DecoderSamples:0} samples with the target.")
            : "Ours trains the target on nothing, so what is comparable with it is an adapter alone, trained through the whole target.";
        if (comparison.Routes.Any(route => route.Basis == Basis.Estimated))
        {
            yield return Invariant($"Estimated: operations by formula, at the {Flops(comparison.FlopsPerSecond)}/s that this run reached")
                + (comparison.FullFactor == 1
                    ? "; nothing is added for full fine-tuning, which in the published run took "
                        + Invariant($"{PublishedCosts.FullFactor:0.00} times what its operations explain.")
                    : Invariant($", and {comparison.FullFactor:0.##} times that for full fine-tuning."));
        }
        if (comparison.Ours.Incomplete) yield return $"{Unknown}: was not recorded in this workspace, and is missing in the sum.";
    }

    /// <summary>"1.23 TFLOP".</summary>
    public static string Flops(double flops) =>
        Scaled(flops, 1000, ["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP", "EFLOP", "ZFLOP", "YFLOP"]);

    public static string Name(Basis basis) => basis.ToString().ToLowerInvariant();

    static IEnumerable<IReadOnlyList<string>> Rows(CostRoute route)
    {
        foreach (var (index, part) in route.Parts.Index())
        {
            yield return
            [
                index == 0 ? route.Name : "",
                part.Name,
                part.Samples is { } samples ? Wording.Count((long)samples) : Unknown,
                part.Flops is { } flops ? Flops(flops) : Unknown,
                part.Seconds is { } seconds ? Wording.Duration(seconds) : Unknown,
                part.Seconds is null ? "" : Name(part.Basis),
            ];
        }
        yield return ["", "together", "", Flops(route.Flops), Wording.Duration(route.Seconds), Name(route.Basis)];
    }

    static string[] Row(StageCost stage, double? utilisation) =>
    [
        stage.Name,
        Invariant($"{stage.Steps}"),
        Wording.Count(stage.Samples),
        Wording.Count((long)stage.Counts.Pictures),
        Wording.Count((long)stage.Counts.Positions),
        Wording.Count((long)stage.Counts.Predicted),
        Flops(stage.Compute.Total),
        Wording.Duration(stage.Seconds),
        utilisation is { } share ? Invariant($"{100 * share:0.#} %") : Unknown,
    ];

    static string Against(CostRoute ours, CostRoute other)
    {
        var change = 100 * ((ours.Seconds / other.Seconds) - 1);
        return Invariant($"Ours takes {Wording.Duration(ours.Seconds)}, '{other.Name}' {Wording.Duration(other.Seconds)}: ")
            + Invariant(
                $"{Math.Abs(change):0.#} % {(change < 0 ? "less" : "more")} ({Name((Basis)Math.Max((int)ours.Basis, (int)other.Basis))}).");
    }

    static string Joules(double joules) => Scaled(joules, 1000, ["J", "kJ", "MJ", "GJ", "TJ"]);

    static string Bytes(double bytes) => Scaled(bytes, 1024, ["B", "KB", "MB", "GB", "TB"]);

    static string Scaled(double value, double step, string[] units)
    {
        var unit = 0;
        for (; Math.Abs(value) >= step && unit < units.Length - 1; unit++) value /= step;
        return string.Create(CultureInfo.InvariantCulture, $"{value:G3} {units[unit]}");
    }

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
