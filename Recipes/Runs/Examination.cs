using System.Diagnostics;
using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Evaluation;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Running;
using Grafting.Core.Text;
using Grafting.Core.Training;
using Grafting.Core.Transfer;
using static TorchSharp.torch;

namespace Grafting.Recipes.Runs;

/// <summary>The answers of every system to the same questions.</summary>
/// <param name="Answers">
/// By system: <c>pair</c>, <c>graft</c> or <c>tuned</c>, <c>blind</c> and, where the data describe their pictures, <c>text</c>.
/// </param>
/// <param name="Seconds">By system, in the same order.</param>
public sealed record ExaminationResult(
    IReadOnlyList<KeyValuePair<string, IReadOnlyList<ScoredAnswer>>> Answers, IReadOnlyList<KeyValuePair<string, double>> Seconds);

/// <summary>
/// Puts held-out questions to the encoder with its surrogate (pair), to the graft, zero-shot or fine-tuned, to the graft with pictures
/// exchanged between samples (blind), and to the target with the pictures' descriptions in words (text). One decoder is in memory at a
/// time.
/// </summary>
public sealed class Examination(EncoderBundle bundle, GraftArtefact graft, Device device, ScalarType dtype)
{
    readonly List<KeyValuePair<string, IReadOnlyList<ScoredAnswer>>> _answers = [];
    readonly List<KeyValuePair<string, double>> _seconds = [];

    /// <param name="surrogate">Folder of the surrogate; null leaves the pair out.</param>
    /// <param name="seed">Of the exchange of pictures.</param>
    public ExaminationResult Run(
        string? surrogate, IReadOnlyList<Question> questions, ulong seed, IProgress<ProgressReport>? progress = null,
        StopRequest? stop = null)
    {
        if (questions.Count == 0) throw Fault.Input("there are no questions to ask.", "Give data with pictures and answers.");
        var tokenizer = Tokenizer.Load(graft.Model);
        var template = graft.Encoder.ChatTemplate(graft.Model);
        var prompt = graft.Encoder.ImagePrompt;
        var pictures = new PictureCache(new ImagePreprocessor(EncoderFiles.Preprocessing(graft.Folder, graft.Encoder)));

        if (surrogate is not null)
        {
            using var decoder = DecoderFamilies.Load(surrogate, device, dtype);
            CpuThreads.Fit(decoder.Shape, device);
            bundle.ApplyTranslator(decoder);
            using var encoder = bundle.Load(device, dtype);
            Ask("pair", new Examinee(new TrainingModel(decoder, encoder, []), tokenizer, template, pictures, prompt), questions);
        }
        using var target = graft.LoadTarget(device, dtype);
        CpuThreads.Fit(target.Shape, device);
        using (var encoder = graft.LoadEncoder(device, dtype))
        {
            var grafted = new Examinee(new TrainingModel(target, encoder, []), tokenizer, template, pictures, prompt);
            Ask(graft.Tuning is null ? "graft" : TransferResult.FineTuned, grafted, questions);
            Ask("blind", grafted, Question.Blind(questions, seed));
        }
        if (questions.All(q => q.Description is not null))
            Ask("text", new Examinee(new TrainingModel(target, null, []), tokenizer, template, null), Question.InWords(questions));
        return new ExaminationResult(_answers, _seconds);

        void Ask(string name, Examinee system, IReadOnlyList<Question> asked)
        {
            var clock = Stopwatch.StartNew();
            _answers.Add(new(name, system.Ask(name, asked, progress, stop)));
            _seconds.Add(new(name, clock.Elapsed.TotalSeconds));
        }
    }
}
