namespace Grafting.Core.Evaluation.MultipleChoice;

/// <summary>A share of right answers.</summary>
/// <param name="Percent">With its bootstrap interval.</param>
/// <param name="StandardError">
/// Of the mean, percentage points, as lm-evaluation-harness reports it: the sample standard deviation over √n; over several subjects
/// pooled (Pooled variance: Σ (nᵢ − 1)·sᵢ² / Σ (nᵢ − 1), over n). Null where no subject has two questions.
/// </param>
public sealed record ChoiceScore(Interval Percent, double? StandardError)
{
    /// <exception cref="GraftException">Input: there is no answer.</exception>
    public static ChoiceScore From(IReadOnlyList<ChoiceAnswer> answers, ChoiceMetric metric, ulong seed)
    {
        double[] points = [.. answers.Select(answer => Points(answer, metric))];
        var subjects = answers.Zip(points).GroupBy(pair => pair.First.Subject, pair => pair.Second, StringComparer.Ordinal).ToList();
        var squares = subjects.Sum(subject => SquaredDeviations([.. subject]));
        var freedom = points.Length - subjects.Count;
        return new ChoiceScore(
            Bootstrap.Mean(points, Singles(points.Length), seed), freedom == 0 ? null : Math.Sqrt(squares / freedom / points.Length));
    }

    /// <summary>The first system's share minus the second's, percentage points, on the same questions.</summary>
    public static Interval Difference(
        IReadOnlyList<ChoiceAnswer> first, IReadOnlyList<ChoiceAnswer> second, ChoiceMetric metric, ulong seed)
    {
        if (!first.Select(Key).SequenceEqual(second.Select(Key)))
            throw new ArgumentException("the two systems answered different questions", nameof(second));
        return Bootstrap.Difference(
            [.. first.Select(a => Points(a, metric))], [.. second.Select(a => Points(a, metric))], Singles(first.Count), seed);

        static (string, string, int) Key(ChoiceAnswer answer) => (answer.Id, answer.Subject, answer.Answer);
    }

    static double Points(ChoiceAnswer answer, ChoiceMetric metric) => answer.Correct(metric) ? 100 : 0;

    static double SquaredDeviations(double[] values)
    {
        var mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean));
    }

    /// <summary>Every question is drawn for itself.</summary>
    static string[] Singles(int count) => [.. Enumerable.Range(0, count).Select(i => $"{i}")];
}
