using Grafting.Core.Text;

namespace Grafting.Core.Evaluation.MultipleChoice;

/// <summary>What a model made of one question.</summary>
/// <param name="Answer">Index of the right choice.</param>
/// <param name="LogLikelihoods">Of every choice, nats.</param>
/// <param name="Lengths">Of every choice, in Unicode characters.</param>
public sealed record ChoiceAnswer(string Id, string Subject, int Answer, IReadOnlyList<double> LogLikelihoods, IReadOnlyList<int> Lengths)
{
    public static ChoiceAnswer From(ChoiceQuestion question, IEnumerable<double> logLikelihoods) => new(
        question.Id,
        question.Subject,
        question.Answer,
        [.. logLikelihoods],
        [.. Enumerable.Range(0, question.Choices).Select(i => PythonText.Length(question.Choice(i)))]);

    /// <summary>The model's choice; the first of equally good ones.</summary>
    public int Chosen(ChoiceMetric metric)
    {
        var best = 0;
        for (var i = 1; i < LogLikelihoods.Count; i++) if (Value(i, metric) > Value(best, metric)) best = i;
        return best;
    }

    public bool Correct(ChoiceMetric metric) => Chosen(metric) == Answer;

    double Value(int choice, ChoiceMetric metric) => metric switch
    {
        ChoiceMetric.Accuracy => LogLikelihoods[choice],
        ChoiceMetric.NormalisedAccuracy => LogLikelihoods[choice] / Lengths[choice],
        _ => Fault.Unreachable<double>(metric),
    };
}
