namespace Grafting.Core.Evaluation.MultipleChoice;

/// <summary>How one model did on one benchmark, or on one of its subjects.</summary>
/// <param name="Metrics">In the benchmark's order.</param>
/// <param name="Subjects">By name, sorted; empty where the benchmark has none. The whole is their mean, weighted by questions.</param>
/// <param name="Answers">In the order of the questions.</param>
public sealed record TaskScore(
    IReadOnlyList<KeyValuePair<ChoiceMetric, ChoiceScore>> Metrics,
    IReadOnlyList<KeyValuePair<string, TaskScore>> Subjects,
    IReadOnlyList<ChoiceAnswer> Answers)
{
    public ChoiceScore this[ChoiceMetric metric] => Metrics.First(entry => entry.Key == metric).Value;

    public static TaskScore From(IReadOnlyList<ChoiceAnswer> answers, IReadOnlyList<ChoiceMetric> metrics, ulong seed)
    {
        var subjects = answers.Where(answer => answer.Subject.Length > 0)
            .GroupBy(answer => answer.Subject, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => KeyValuePair.Create(group.Key, new TaskScore(Scores([.. group]), [], [.. group])));
        return new TaskScore(Scores(answers), [.. subjects], answers);

        KeyValuePair<ChoiceMetric, ChoiceScore>[] Scores(IReadOnlyList<ChoiceAnswer> of) =>
            [.. metrics.Select(metric => KeyValuePair.Create(metric, ChoiceScore.From(of, metric, seed)))];
    }
}
