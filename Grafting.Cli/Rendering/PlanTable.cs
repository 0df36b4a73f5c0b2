using System.Globalization;
using Grafting.Core.Models;
using Grafting.Recipes;
using Grafting.Surrogates.Planning;
using Spectre.Console;

namespace Grafting.Cli.Rendering;

/// <summary>Surrogates of a target and what each costs, with everything that the numbers assume.</summary>
static class PlanTable
{
    const int WrapAt = 108;

    public static void Write(
        IAnsiConsole console, ResolvedTarget target, SurrogateSurvey survey, bool all, Calibration? calibration, Rehearsal? rehearsal)
    {
        // Without anything that trains, hours are not what a surrogate takes but what it has.
        var asks = survey.Request is { Speed: null, Limits.Hours: not null };
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns(
                "", "layers", "kept", "weights", "reads", "memory", "recomp.", "TFLOP", asks ? "TFLOP/s" : "hours", "cost", "transition");
        foreach (var column in table.Columns.Skip(1).Take(9)) column.RightAligned();
        foreach (var candidate in all ? survey.Candidates : survey.Shortlist())
        {
            var mark = candidate.Recommended ? "►" : candidate.ParetoOptimal ? "*" : "";
            var risk = candidate.Risk + (candidate.Published ? " (paper)" : "");
            Row(mark, candidate.Cost, $"0-{candidate.KeptPrefix - 1}", Bytes(candidate.BytesRead), candidate.CostRatio, risk);
        }
        table.AddEmptyRow();
        Row("", survey.Baseline, "all", "", 1, "no surrogate");
        console.Write(table);

        var lines = console.Profile.Out.Writer;
        foreach (var line in Lines(target, survey, calibration, rehearsal)) lines.WriteLine(TextWrap.Wrap(line, WrapAt, 2));

        void Row(string mark, TrainingCost cost, string kept, string reads, double ratio, string risk) => table.AddRow(
            mark, Invariant($"{cost.Layers}"), kept, Quantity.Count(cost.Parameters), reads, Bytes(cost.Memory.Peak),
            Bytes(cost.Memory.PeakRecomputed),
            Teraflops(cost.StageOne.Total / 1e12), asks ? Teraflops(cost.SpeedNeeded!.Value / 1e12) : Hours(cost.Hours),
            Invariant($"{100 * ratio:0} %"), risk);
    }

    static IEnumerable<string> Lines(ResolvedTarget target, SurrogateSurvey survey, Calibration? calibration, Rehearsal? rehearsal)
    {
        var (work, samples) = (survey.Request.Work, survey.Request.Samples);
        yield return Verdict(target, survey);
        yield return Invariant($"transition: layer {survey.Transition.Layer} ({survey.Transition.Source})");
        var shown = (survey.Recommended ?? survey.Candidates.First(candidate => candidate.KeptPrefix == survey.Nearest!.KeptPrefix)).Cost;
        var memory = shown.Memory;
        yield return Invariant(
            $"memory with {shown.Layers} layers: {Bytes(memory.Weights)} weights ({Bytes(memory.VisionWeights)} of them vision), ")
            + $"{Bytes(memory.Gradients + memory.Optimizer)} gradients and optimizer of {Quantity.Count(shown.TrainedParameters)} trained, "
            + $"{Bytes(memory.Activations.Bytes)} activations ({memory.Activations.Name}), {Bytes(memory.Recomputed.Bytes)} with recomputation";
        var vision = VisionShape.Of(survey.Request.Tower, survey.Target.Width);
        yield return $"vision: tower of {Quantity.Count(vision.TowerParameters)} parameters, frozen but for its last norm; "
            + $"adapter of {Quantity.Count(vision.AdapterParameters)}, trained";
        yield return Invariant(
            $"assumed: {work.ImageTokens} image + {work.TextTokens} text tokens a sample, {work.SupervisedTokens} of them predicted; ")
            + (work.Squares > 1 ? Invariant($"pictures in {work.Squares - 1} tiles; ") : "")
            + Invariant($"{work.Batch} a pass; ")
            + Invariant(
                $"{TensorLoading.HuggingFaceName(TensorLoading.DType(work.Type))}; {samples.StageOne:N0} samples in stage 1, {samples.StageTwo:N0} in stage 2")
            + (work.Recompute ? "; limits and TFLOP with recomputation" : "");
        yield return survey.Request switch
        {
            { Speed: { } speed } => $"speed: {speed.Source}",
            { Limits.Hours: { } hours } =>
                Invariant(
                    $"TFLOP/s: what both stages ask for, sustained, to be done in {hours} hours; --device NAME or --calibrate tell what there is"),
            _ => "hours need --device NAME or --calibrate",
        };
        yield return "* no other is as good in risk, operations and memory. TFLOP: one sample of stage 1; cost: of the whole target; 1 GB "
            + "= 10^9 bytes.";
        if (calibration is { PeakMemory: { } peak }) yield return $"calibration: {Bytes(peak)} of memory at its peak";
        if (rehearsal is not null)
        {
            var measured = rehearsal.MeasuredPeak is { } bytes ? $"{Bytes(bytes)} measured" : "cannot be measured here";
            yield return Invariant(
                $"rehearsal: {rehearsal.Steps} steps with {rehearsal.Layers} layers on {rehearsal.Device} ({rehearsal.Type}), ")
                + Invariant($"{rehearsal.MedianSeconds:0.00} s a step; memory {measured}, {Bytes(rehearsal.PlannedPeak)} planned");
            if (rehearsal.MeasuredPeak > 1.1 * rehearsal.PlannedPeak)
            {
                yield return "more than planned: blocks that the C library keeps after they were freed count as well; "
                    + "with MALLOC_MMAP_THRESHOLD_=65536 in the environment it gives them back";
            }
        }
    }

    static string Verdict(ResolvedTarget target, SurrogateSurvey survey)
    {
        if (survey.Recommended is { } best)
        {
            var name = target.Entry is null ? target.Folder : target.Name;
            return Invariant($"► recommended: graft build-surrogate --target {name} {best.Cut} ")
                + Invariant($"({best.Cost.Layers} layers, {100 * best.CostRatio:0} % of the whole target's operations)");
        }
        var miss = survey.Nearest!;
        var missing = new List<string>();
        if (miss.MemoryMissing > 0) missing.Add($"{Bytes(miss.MemoryMissing)} of memory");
        if (miss.HoursMissing > 0) missing.Add($"{Hours(miss.HoursMissing)} hours");
        var nearest = Invariant($"the nearest keeps 0-{miss.KeptPrefix - 1}");
        var lack = missing.Count > 0 ? $" and lacks {string.Join(" and ", missing)}" : "";
        var risk = miss.LayersBeforeTransition > 0 ? ", before the transition" : "";
        var fitting = miss.LargestFitting is { } prefix
            ? Invariant($"; the longest prefix that fits is 0-{prefix - 1}, {survey.Transition.Describe(prefix, "the transition")}")
            : "; nothing fits";
        return $"none recommended: no surrogate at or after the transition fits; {nearest}{risk}{lack}{fitting}";
    }

    /// <summary>Powers of 1000, as devices are sold.</summary>
    static string Bytes(long bytes) => Quantity.Count(bytes) + "B";

    static string Teraflops(double value) => value >= 100 ? Invariant($"{value:0}") : Invariant($"{value:0.00}");

    static string Hours(double? hours) => hours switch
    {
        null => "–",
        >= 10_000 => Quantity.Count(hours.Value),
        >= 100 => Invariant($"{hours:N0}"),
        _ => Invariant($"{hours:0.0}"),
    };

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
