using System.Diagnostics;
using System.Text.Json.Nodes;
using Grafting.Core.Data;
using Grafting.Core.Evaluation.MultipleChoice;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Running;
using Grafting.Core.Text;
using Grafting.Surrogates.Analysis;
using static TorchSharp.torch;

namespace Grafting.Recipes.Runs;

/// <summary>What <c>evaluate --language</c> is asked to examine.</summary>
/// <param name="Models">Folders by name: the target, and perhaps a surrogate, which is compared with it.</param>
/// <param name="Tests">Each model answers all of them.</param>
/// <param name="Shots">Examples before each question, as the tests were loaded with.</param>
/// <param name="BeginToken">Puts the token that begins a text before each context.</param>
/// <param name="Text">What target and surrogate both read; null without.</param>
/// <param name="Scratch">Folder for the hidden states of the text.</param>
/// <param name="Seed">Of the intervals.</param>
public sealed record LanguageRequest(
    IReadOnlyList<KeyValuePair<string, string>> Models, IReadOnlyList<ChoiceTest> Tests, int Shots, bool BeginToken, TextCorpus? Text,
    string Scratch,
    ulong Seed, Device Device, ScalarType DType);

/// <summary>Everything that <c>evaluate --language</c> found.</summary>
/// <param name="Models">Folders by name.</param>
/// <param name="Text">Null where no text was compared.</param>
/// <param name="Exam">Null without benchmarks.</param>
public sealed record LanguageResult(IReadOnlyList<KeyValuePair<string, string>> Models, LanguageQuality? Text, LanguageExam? Exam)
{
    public const string Schema = "graft.evaluate/1";

    public JsonObject ToJson()
    {
        var json = Exam?.ToJson() ?? new JsonObject
        {
            ["models"] = new JsonObject(
                Models.Select(
                    model => KeyValuePair.Create(model.Key, (JsonNode?)new JsonObject { ["path"] = Path.GetFullPath(model.Value) }))),
        };
        json["text"] = Text?.ToJson();
        return json;
    }
}

/// <summary>Examines language models: a text layer by layer, questions with one model in memory at a time.</summary>
public static class LanguageRun
{
    public static LanguageResult Evaluate(LanguageRequest request, IProgress<ProgressReport>? progress = null, StopRequest? stop = null)
    {
        var text = request.Text is null ? null : LanguageComparison.Run(
            request.Models[0].Value, request.Models[1].Value, request.Text.Passages, request.Scratch, request.Device, request.DType,
            request.Seed, progress, stop);
        return new LanguageResult(request.Models, text, request.Tests.Count == 0 ? null : Ask(request, progress, stop));
    }

    static LanguageExam Ask(LanguageRequest request, IProgress<ProgressReport>? progress, StopRequest? stop)
    {
        var models = new List<ExaminedModel>();
        var answers = request.Tests.Select(_ => new List<KeyValuePair<string, IReadOnlyList<ChoiceAnswer>>>()).ToList();
        foreach (var (name, folder) in request.Models)
        {
            var tokenizer = Tokenizer.Load(folder);
            using var decoder = DecoderFamilies.Load(folder, request.Device, request.DType);
            CpuThreads.Fit(decoder.Shape, request.Device);
            var examinee = new LanguageExaminee(decoder, tokenizer, request.BeginToken);
            var clock = Stopwatch.StartNew();
            for (var i = 0; i < request.Tests.Count; i++) answers[i].Add(new(name, examinee.Ask(name, request.Tests[i], progress, stop)));
            models.Add(new ExaminedModel(name, Path.GetFullPath(folder), decoder.Shape.Layers, clock.Elapsed.TotalSeconds));
        }
        return new LanguageExam(
            models, [.. request.Tests.Zip(answers, (test, given) => TaskResult.From(test, given, request.Seed))], request.Shots,
            request.BeginToken, request.Seed);
    }
}
