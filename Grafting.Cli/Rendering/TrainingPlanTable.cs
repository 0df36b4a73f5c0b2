using System.Globalization;
using System.Text.Json.Nodes;
using Grafting.Core.Training;
using Grafting.Recipes.Runs;
using Spectre.Console;

namespace Grafting.Cli.Rendering;

/// <summary>What a training run would do, stage by stage.</summary>
static class TrainingPlanTable
{
    public static Report ReportOn(EncoderTrainingRequest request)
    {
        var stages = request.Recipe.Stages;
        var content = new JsonObject
        {
            ["surrogate"] = request.Surrogate,
            ["recipe"] = request.Recipe.Name,
            ["data"] = request.Data.InWords(),
            ["run"] = request.Run,
            ["bundle"] = request.Bundle,
            ["stages"] = new JsonArray([.. stages.Select(ToJson)]),
        };
        return new Report("graft.train-encoder-plan/1", content, console => Write(console, stages));
    }

    static JsonObject ToJson(StageConfig stage) => new()
    {
        ["name"] = stage.Name,
        ["steps"] = stage.Steps,
        ["samples"] = (long)stage.Steps * stage.Samples,
        // How an interleaved batch is made up, the data decide.
        ["imageSamples"] = stage.Batch is null ? (long)stage.Steps * stage.ImageBatch : null,
        ["textSamples"] = stage.Batch is null ? (long)stage.Steps * stage.TextBatch : null,
        ["learningRate"] = stage.LearningRate,
        ["warmUpSteps"] = stage.ToSchedule().WarmUpSteps,
        ["specialTokenWeight"] = stage.SpecialTokenWeight,
        ["labelLineBreak"] = stage.LabelLineBreak,
        ["balance"] = stage.Balance is { } balance
            ? new JsonObject { ["order"] = balance.Order, ["normalise"] = balance.Normalise, ["compat"] = balance.Compat }
            : null,
        ["recompute"] = stage.Recompute,
        ["train"] = new JsonArray([.. stage.Train.Select(part => JsonValue.Create(Part(part)))]),
    };

    static void Write(IAnsiConsole console, IReadOnlyList<StageConfig> stages)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns(
            "stage", "steps", "samples", "learning rate", "labels", "balance", "recompute", "trains");
        foreach (var stage in stages)
        {
            table.AddRow(
                Markup.Escape(stage.Name),
                $"{stage.Steps}",
                Samples(stage),
                Number(stage.LearningRate),
                Labels(stage),
                Balance(stage.Balance),
                stage.Recompute ? "yes" : "–",
                Markup.Escape(string.Join(", ", stage.Train.Select(Part))));
        }
        console.Write(table);
        console.Profile.Out.Writer.WriteLine("Dry run: nothing was trained.");
    }

    static string Samples(StageConfig stage) => stage.Batch is { } batch
        ? $"{(long)stage.Steps * batch} mixed"
        : $"{(long)stage.Steps * stage.ImageBatch} pictures, {(long)stage.Steps * stage.TextBatch} texts";

    static string Labels(StageConfig stage) =>
        "answers" + (stage.LabelLineBreak ? ", line break" : "") + (
            stage.SpecialTokenWeight == 0 ? "" : $", template ×{Number(stage.SpecialTokenWeight)}");

    static string Balance(LossBalance? balance) => balance is null
        ? "–"
        : $"order {Number(balance.Order)}" + (balance.Normalise ? ", normalised" : "") + (balance.Compat ? ", as published" : "");

    static string Part(TrainedPart part) =>
        part.Describe() + (part.LastBlocks is { } last ? $" (last {last} blocks)" : "") + (part.Rate == 1 ? "" : $" ×{Number(part.Rate)}");

    static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
