using Grafting.Core.Numerics;

namespace Grafting.Core.Evaluation.MultipleChoice;

/// <summary>
/// Chooses the examples in front of a question: of the same subject, and never the question itself. Either the first ones in order (MMLU),
/// or drawn for each question without replacement.
/// </summary>
/// <remarks>
/// lm-evaluation-harness draws with Python's generator, whose state runs on from question to question; here the draw depends on the seed
/// and the question's number alone, so that the choice of questions does not change it. The drawn examples are therefore others than the
/// harness's, and results with drawn examples agree with its only up to that chance. The first examples are the same.
/// </remarks>
/// <param name="pool">What to choose from.</param>
/// <param name="shots">Examples for each question.</param>
/// <param name="first">Takes the first ones.</param>
public sealed class ChoiceExamples(IEnumerable<ChoiceQuestion> pool, int shots, bool first, ulong seed)
{
    readonly ILookup<string, ChoiceQuestion> _pool = pool.ToLookup(question => question.Subject, StringComparer.Ordinal);

    public int Shots => shots;

    /// <param name="index">Number of the question in its benchmark.</param>
    public IReadOnlyList<ChoiceQuestion> For(ChoiceQuestion question, int index)
    {
        if (shots == 0) return [];
        var others = Others(question);
        if (first) return others[..shots];
        var random = new DeterministicRandom(seed, (ulong)index);
        for (var i = 0; i < shots; i++)
        {
            var j = random.NextInt(i, others.Length - 1);
            (others[i], others[j]) = (others[j], others[i]);
        }
        return others[..shots];
    }

    /// <exception cref="GraftException">Input: there are too few examples for this question.</exception>
    public void Require(ChoiceQuestion question)
    {
        if (shots == 0 || Others(question).Length is var there && there >= shots) return;
        var subject = question.Subject.Length == 0 ? "" : $" of the subject {Printable.Quote(question.Subject)}";
        throw Fault.Input($"{question.Place}: {shots} examples{subject} are wanted and {there} are there.", $"Ask with {there} or fewer.");
    }

    /// <summary>All but the question itself, which is in the pool where both come from one file.</summary>
    ChoiceQuestion[] Others(ChoiceQuestion question) => [.. _pool[question.Subject].Where(example => example.Place != question.Place)];
}
