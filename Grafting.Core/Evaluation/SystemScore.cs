namespace Grafting.Core.Evaluation;

/// <summary>One system's answer to one question.</summary>
/// <param name="Id">Of the question's sample.</param>
/// <param name="Picture">The picture that the question is about, also where the system was shown another or none: questions about one
/// picture are resampled together.</param>
/// <param name="Nll">Negative log-likelihood of the expected answer and its end, nats.</param>
public sealed record ScoredAnswer(
    string Id, string Picture, string Type, string Question, string Expected, string Given, bool Correct, double Nll);

/// <param name="ExactMatch">Percent.</param>
public sealed record TypeScore(int Count, double ExactMatch);

/// <summary>How one system did on a set of questions.</summary>
/// <param name="ExactMatch">Share of right answers, percent.</param>
/// <param name="Nll">Nats per answer.</param>
/// <param name="ByType">By kind of question, sorted by name.</param>
/// <param name="Answers">In the order of the questions.</param>
public sealed record SystemScore(
    Interval ExactMatch, Interval Nll, IReadOnlyDictionary<string, TypeScore> ByType, IReadOnlyList<ScoredAnswer> Answers)
{
    /// <exception cref="GraftException">There is no answer, or a likelihood is not finite.</exception>
    public static SystemScore From(IReadOnlyList<ScoredAnswer> answers, ulong seed)
    {
        if (answers.FirstOrDefault(answer => !double.IsFinite(answer.Nll)) is { } broken)
            throw Fault.Numerics($"the likelihood of the answer \"{broken.Expected}\" to question {broken.Id} is {broken.Nll}.");
        string[] pictures = [.. answers.Select(answer => answer.Picture)];
        var byType = answers
            .GroupBy(answer => answer.Type, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => new TypeScore(group.Count(), group.Average(Points)));
        return new SystemScore(
            Bootstrap.Mean([.. answers.Select(Points)], pictures, seed),
            Bootstrap.Mean([.. answers.Select(answer => answer.Nll)], pictures, seed),
            byType, answers);
    }

    /// <summary>Exact match of this system minus that of another on the same questions, percentage points.</summary>
    public SystemDifference Minus(SystemScore other, ulong seed)
    {
        if (!Answers.Select(Key).SequenceEqual(other.Answers.Select(Key)))
            throw new ArgumentException("the two systems answered different questions", nameof(other));
        return new SystemDifference(Bootstrap.Difference(
            [.. Answers.Select(Points)], [.. other.Answers.Select(Points)], [.. Answers.Select(answer => answer.Picture)], seed));
    }

    static double Points(ScoredAnswer answer) => answer.Correct ? 100 : 0;

    static (string, string, string) Key(ScoredAnswer answer) => (answer.Id, answer.Type, answer.Expected);
}

/// <summary>The difference of two systems in exact match, percentage points.</summary>
public sealed record SystemDifference(Interval Points)
{
    /// <summary>The data do not tell the two apart: the interval contains 0.</summary>
    public bool Parity => Points.Contains(0);
}
