using System.Text.Json.Nodes;
using Grafting.Core.Evaluation;
using Grafting.Core.Training;
using Grafting.Recipes.Runs;
using Spectre.Console;
using Wording = Grafting.Core.Reporting.Wording;

namespace Grafting.Cli.Rendering;

/// <summary>Plans and results of fine-tuning.</summary>
static class FineTuneTable
{
    public static Report Report(FineTuneRequest request, FineTunePlan plan)
    {
        var content = new JsonObject
        {
            ["graft"] = Path.GetFullPath(request.Graft),
            ["output"] = Path.GetFullPath(request.Output),
            ["run"] = Path.GetFullPath(request.Run),
            ["method"] = Name(request),
            ["recipe"] = request.Recipe.Name,
            ["learningRate"] = plan.Stage.LearningRate,
            ["batch"] = plan.Stage.Samples,
            ["samples"] = plan.Samples,
            ["marks"] = new JsonArray(
                [.. plan.Marks.Select(
                    mark => new JsonObject { ["fraction"] = mark.Fraction, ["samples"] = mark.Samples, ["steps"] = mark.Steps })]),
            ["parameters"] = plan.Parameters,
            ["trained"] = new JsonArray(
                [.. plan.Trained.Select(
                    part => new JsonObject { ["part"] = part.Part, ["parameters"] = part.Parameters, ["rate"] = part.Rate })]),
            ["memory"] = new JsonObject
            {
                ["weights"] = plan.WeightBytes,
                ["gradients"] = plan.GradientBytes,
                ["optimizer"] = plan.OptimizerBytes,
                ["total"] = plan.Bytes,
            },
        };
        return new Report("graft.finetune-plan/1", content, console =>
        {
            var marks = new Table().Border(TableBorder.Simple).AddColumns("data read", "samples", "steps");
            foreach (var mark in plan.Marks) marks.AddRow($"{Wording.Percent(100 * mark.Fraction)} %", $"{mark.Samples}", $"{mark.Steps}");
            console.Write(marks);
            var parts = new Table().Border(TableBorder.Simple).AddColumns("trains", "parameters", "learning rate");
            foreach (var part in plan.Trained)
                parts.AddRow(
                    Markup.Escape(part.Part), Quantity.Count(part.Parameters),
                    FormattableString.Invariant($"{plan.Stage.LearningRate * part.Rate:0.##e+0}"));
            console.Write(parts);
            var lines = console.Profile.Out.Writer;
            lines.WriteLine(
                $"{Quantity.Count(plan.Trained.Sum(part => part.Parameters))} of {Quantity.Count(plan.Parameters)} parameters train, {plan.Stage.Samples} samples a step");
            lines.WriteLine(
                $"memory: {Quantity.Bytes(plan.Bytes)} without activations ({Quantity.Bytes(plan.WeightBytes)} weights, {Quantity.Bytes(plan.GradientBytes)} gradients, {Quantity.Bytes(plan.OptimizerBytes)} optimizer)");
            lines.WriteLine("Dry run: nothing was trained.");
        });
    }

    public static Report Report(FineTuningResult result) => result.Curve is { } curve ? Report(curve, result) : Plain(result);

    static Report Plain(FineTuningResult result)
    {
        var tuning = result.Graft.Tuning!;
        var last = MetricsLog.Read(Path.Combine(result.Run, RunFolder.MetricsName))[^1];
        var content = new JsonObject
        {
            ["graft"] = Path.GetFullPath(result.Graft.Folder),
            ["run"] = Path.GetFullPath(result.Run),
            ["method"] = tuning.Method.ToString().ToLowerInvariant(),
            ["samples"] = tuning.Samples,
            ["of"] = tuning.Of,
            ["steps"] = tuning.Steps,
            ["seconds"] = Math.Round(result.Seconds, 2),
            ["loss"] = last["loss"]!.GetValue<double>(),
            ["validationLoss"] = last["validationLoss"]?.GetValue<double>(),
            ["warnings"] = Warnings(result),
        };
        return new Report("graft.finetune/1", content, console =>
        {
            var lines = console.Profile.Out.Writer;
            lines.WriteLine(
                FormattableString.Invariant(
                    $"fine-tuned ({tuning.Method.ToString().ToLowerInvariant()}) in {result.Seconds:F0} s: {tuning.Steps} steps, {tuning.Samples} of {tuning.Of} samples"));
            if (last["validationLoss"] is { } loss)
                lines.WriteLine(FormattableString.Invariant($"validation loss: {loss.GetValue<double>():F3}"));
            Places(result, lines);
        });
    }

    static Report Report(CurveResult curve, FineTuningResult result)
    {
        var content = curve.ToJson();
        content["run"] = Path.GetFullPath(result.Run);
        content["warnings"] = Warnings(result);
        return new Report(CurveResult.Schema, content, console =>
        {
            var table = new Table().Border(TableBorder.Simple).AddColumns(
                "data read", "samples", "steps", "seconds", "exact match %", "nats/answer", "gain, points");
            foreach (var mark in curve.Marks)
            {
                table.AddRow(
                    $"{Wording.Percent(mark.Percent)} %", $"{mark.Samples}", $"{mark.Steps}", Wording.Percent(mark.Seconds),
                    Wording.Figures(mark.Score.ExactMatch, Wording.Percent),
                    Wording.Figures(mark.Score.Nll, Wording.Nats),
                    mark.Gain is { } gain ? Wording.Figures(gain.Points, Wording.Signed) : "–");
            }
            console.Write(table);
            var lines = console.Profile.Out.Writer;
            lines.WriteLine(
                $"{curve.Marks[0].Score.Answers.Count} questions about pictures that no training has seen; in brackets 95 % intervals");
            if (Wording.CurveEnd(curve) is { } end) lines.WriteLine(end);
            Places(result, lines);
            lines.WriteLine($"report: {curve.ReportPath}");
        });
    }

    static void Places(FineTuningResult result, TextWriter lines)
    {
        lines.WriteLine($"run: {Path.GetFullPath(result.Run)}");
        lines.WriteLine($"graft: {Path.GetFullPath(result.Graft.Folder)}");
    }

    static JsonArray Warnings(FineTuningResult result) => [.. result.Warnings.Select(warning => JsonValue.Create(warning))];

    static string Name(FineTuneRequest request) => request.Method.ToString().ToLowerInvariant();
}
