using System.Diagnostics;
using Grafting.Core.Evaluation.MultipleChoice;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Running;
using Grafting.Core.Text;
using static TorchSharp.torch;

namespace Grafting.Recipes.Runs;

/// <summary>What <c>evaluate --language</c> is asked to examine.</summary>
/// <param name="Models">Folders by name; all others are compared with the first.</param>
/// <param name="Tests">Each model answers all of them.</param>
/// <param name="Shots">Examples before each question, as the tests were loaded with.</param>
/// <param name="BeginToken">Puts the token that begins a text before each context.</param>
/// <param name="Seed">Of the intervals.</param>
public sealed record LanguageRequest(
    IReadOnlyList<KeyValuePair<string, string>> Models, IReadOnlyList<ChoiceTest> Tests, int Shots, bool BeginToken, ulong Seed, Device Device, ScalarType DType);

/// <summary>Puts the same questions to several language models, one of which is in memory at a time.</summary>
public static class LanguageRun
{
    public static LanguageExam Evaluate(LanguageRequest request, IProgress<ProgressReport>? progress = null, StopRequest? stop = null)
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
            models, [.. request.Tests.Zip(answers, (test, given) => TaskResult.From(test, given, request.Seed))], request.Shots, request.BeginToken, request.Seed);
    }
}
