using System.Diagnostics;
using System.Text.Json.Nodes;
using Grafting.Core.Data;
using Grafting.Core.Evaluation;
using Grafting.Core.Imaging;
using Grafting.Core.Reporting;
using Grafting.Core.Reporting.Charts;
using Grafting.Core.Running;
using Grafting.Core.Training;
using Grafting.Core.Transfer;
using Grafting.Recipes.Costs;
using Grafting.Surrogates;
using static TorchSharp.torch;

namespace Grafting.Recipes.Runs;

/// <summary>What <c>transfer --evaluate</c> is asked to examine.</summary>
/// <param name="Surrogate">Folder of the surrogate, for the pair; null leaves it out.</param>
/// <param name="Run">Folder of the training run, for its curves; null leaves them out.</param>
/// <param name="Data">Held-out samples: files, folders or patterns, of any form that is read.</param>
/// <param name="MaxQuestions">The first so many questions; null asks all.</param>
/// <param name="Report">Where the HTML report goes.</param>
public sealed record EvaluationRequest(
    EncoderBundle Bundle,
    GraftArtefact Graft,
    string? Surrogate,
    string? Run,
    IReadOnlyList<string> Data,
    string? Images,
    int? MaxQuestions,
    ulong Seed,
    string Report,
    Device Device,
    ScalarType DType,
    string Provider)
{
    /// <summary>Folder of the workspace, which knows what analysis and surrogate took; null leaves them out of the costs.</summary>
    public string? Workspace { get; init; }
}

/// <summary>Examines a graft and writes its report.</summary>
public static class TransferRun
{
    const int Examples = 12;

    /// <summary>Side of a picture in the report, in pixels.</summary>
    const int Thumbnail = 192;

    public static TransferResult Evaluate(EvaluationRequest request, IProgress<ProgressReport>? progress = null, StopRequest? stop = null)
    {
        using var data = Dataset.Load(request.Data, request.Images, progress: progress);
        var questions = Question.Of(data, request.MaxQuestions);
        var examination = new Examination(request.Bundle, request.Graft, request.Device, request.DType);
        var (answers, asked) = examination.Run(request.Surrogate, questions, request.Seed, progress, stop);

        var clock = Stopwatch.StartNew();
        List<KeyValuePair<string,
            SystemScore>> systems = [.. answers.Select(a => KeyValuePair.Create(a.Key, SystemScore.From(a.Value, request.Seed)))];
        var scores = systems.ToDictionary(StringComparer.Ordinal);
        List<KeyValuePair<string, SystemDifference>> differences = [];
        var seeing = request.Graft.Tuning is null ? "graft" : TransferResult.FineTuned;
        if (scores.TryGetValue("pair", out var pair)) differences.Add(new($"{seeing}-pair", scores[seeing].Minus(pair, request.Seed)));
        differences.Add(new($"{seeing}-blind", scores[seeing].Minus(scores["blind"], request.Seed)));

        IReadOnlyList<JsonObject> metrics = request.Run is null ? [] : MetricsLog.Read(Path.Combine(request.Run, RunFolder.MetricsName));
        List<KeyValuePair<string, double>> seconds = [.. TrainingSeconds(metrics), .. asked, new("scoring", clock.Elapsed.TotalSeconds)];
        var result = new TransferResult(
            request.Graft.Target,
            request.Surrogate ?? request.Bundle.TrainedWith?.Path ?? "none",
            request.Bundle.Folder,
            request.Graft.Folder,
            systems,
            differences,
            seconds,
            TransferResult.ChooseExamples(systems, Examples),
            Path.GetFullPath(request.Report));
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(request.Report))!);
        HtmlReport.Write(request.Report, ToReport(request, result, metrics, data, questions));
        return result;
    }

    static TransferReport ToReport(
        EvaluationRequest request, TransferResult result, IReadOnlyList<JsonObject> metrics, Dataset data,
        IReadOnlyList<Question> questions)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(request.Graft.Target));
        List<KeyValuePair<string, string>> facts =
        [
            new("target", result.Target),
            new("surrogate", result.Surrogate),
            new("encoder", request.Bundle.Folder),
            new("made by", request.Bundle.Manifest.MadeBy.Command),
            new("data", $"{data.Path} ({data.Kinds})"),
            new("device", $"{request.Device}, {request.DType}, {request.Provider}"),
            new("seed", $"{request.Bundle.Manifest.MadeBy.Seed}"),
        ];
        var shown = questions.SelectMany(question => question.Images).ToHashSet(StringComparer.Ordinal);
        var pictures = result.Examples.Select(e => e.Picture).Where(shown.Contains).Distinct(StringComparer.Ordinal)
            .ToDictionary(p => p, p => Picture(data.Pictures.Load(p)), StringComparer.Ordinal);
        var skipped = data.Report.Skipped;
        List<string> notes = skipped.Count == 0 ? [] : [$"{skipped.Count} samples were skipped, first {skipped.First[0]}"];
        if (request.Graft.Tuning is { } tuning)
            facts.Add(
                new(
                    "fine-tuning",
                    FormattableString.Invariant(
                        $"{tuning.Method.ToString().ToLowerInvariant()}, {tuning.Samples} of {tuning.Of} samples, {tuning.Steps} steps")));
        var kind = request.Graft.Tuning is null ? "Zero-shot" : "Fine-tuned";
        return new TransferReport(
            $"{kind} graft onto {name}", result, facts, Layers(request.Surrogate), TrainingCurve.From(metrics), pictures, notes)
        {
            Cost = request.Run is { } run && CostLedger.IsIn(run) ? Costs(request, run) : null,
        };
    }

    static CostSection Costs(EvaluationRequest request, string run)
    {
        var ledger = CostLedger.Read(run);
        IReadOnlyList<CostPart> preparation =
            request.Workspace is null
                ? []
                : Preparation.Of(new RouteLog(request.Workspace), request.Bundle.Surrogate.Path, request.Graft.Target);
        return CostWording.Section(ledger, CostComparison.Of(ledger, preparation, new ComparisonRequest()));
    }

    static LayerMap? Layers(string? surrogate)
    {
        if (surrogate is null) return null;
        var folder = SurrogateFolder.Open(surrogate, verify: false);
        int[] translated = [.. folder.Translators.Select(layer => folder.Layers[layer])];
        return new LayerMap(folder.TargetLayers, [.. folder.Layers.Except(translated)], translated);
    }

    static IEnumerable<KeyValuePair<string, double>> TrainingSeconds(IReadOnlyList<JsonObject> metrics)
    {
        var before = 0.0;
        foreach (var stage in metrics.GroupBy(m => m["stage"]!.GetValue<string>()))
        {
            var end = stage.Last()["seconds"]!.GetValue<double>();
            yield return new($"training {stage.Key}", end - before);
            before = end;
        }
    }

    static byte[] Picture(RgbImage image)
    {
        var scale = Math.Min(1.0, (double)Thumbnail / Math.Max(image.Width, image.Height));
        return PngWriter.Encode(scale == 1 ? image : Resampler.Resize(
            image, Math.Max(1, (int)(image.Width * scale)), Math.Max(1, (int)(image.Height * scale)), ResampleFilter.Lanczos));
    }
}
