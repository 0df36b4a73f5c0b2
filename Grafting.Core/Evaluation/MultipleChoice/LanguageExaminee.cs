using Grafting.Core.Models;
using Grafting.Core.Running;
using Grafting.Core.Text;

namespace Grafting.Core.Evaluation.MultipleChoice;

/// <summary>A language model that answers by likelihood: for each question it takes the choice that it finds likeliest.</summary>
/// <param name="decoder">With its weights in memory.</param>
/// <param name="tokenizer">The decoder's.</param>
/// <param name="beginToken">Puts the token that begins a text before each context.</param>
public sealed class LanguageExaminee(Decoder decoder, Tokenizer tokenizer, bool beginToken = false)
{
    readonly ContinuationEncoder _encoder = new(tokenizer, decoder.Shape.MaxPositions, decoder.Shape.Vocabulary, beginToken);

    /// <summary>Puts every question, in order.</summary>
    /// <param name="name">Of the model, for the progress display.</param>
    public IReadOnlyList<ChoiceAnswer> Ask(
        string name, ChoiceTest test, IProgress<ProgressReport>? progress = null, StopRequest? stop = null)
    {
        var requests = Requests(name, test, progress, stop);
        var stage = $"asking {name}: {test.Task.Name}";
        progress?.Report(new ProgressReport(stage, 0, requests.Count, "choices"));
        var likelihoods = new LikelihoodScorer(decoder).Score(
            requests, done => progress?.Report(new ProgressReport(stage, done, requests.Count, "choices")), stop);

        var answers = new ChoiceAnswer[test.Questions.Count];
        var at = 0;
        for (var i = 0; i < answers.Length; i++)
        {
            var question = test.Questions[i];
            answers[i] = ChoiceAnswer.From(question, likelihoods.Skip(at).Take(question.Choices).Select(likelihood => likelihood.Sum));
            at += question.Choices;
        }
        return answers;
    }

    List<LikelihoodRequest> Requests(string name, ChoiceTest test, IProgress<ProgressReport>? progress, StopRequest? stop)
    {
        var requests = new List<LikelihoodRequest>();
        for (var i = 0; i < test.Questions.Count; i++)
        {
            if (stop is { Requested: true }) throw stop.Stopped("An evaluation saves nothing.", "Run the command again.");
            var place = test.Questions[i].Place;
            requests.AddRange(test.Texts(i).Select(text => _encoder.Encode(text.Context, text.Continuation, place)));
            progress?.Report(new ProgressReport($"reading {test.Task.Name} for {name}", i + 1, test.Questions.Count, "questions"));
        }
        return requests;
    }
}
