namespace Grafting.Core.Evaluation.MultipleChoice;

/// <summary>
/// A question whose answer is the likelier of several texts: one context with a continuation per choice, or (WinoGrande) a context per
/// choice with one continuation.
/// </summary>
/// <param name="Id">As the data name it; its place where they do not.</param>
/// <param name="Place">File and line, for messages; no two questions share it.</param>
/// <param name="Subject">Part of the benchmark that is reported for itself (MMLU); empty where there are none.</param>
/// <param name="Contexts">What stands before, without description and examples.</param>
/// <param name="Continuations">What is judged, without the blank in front of it.</param>
/// <param name="Answer">Index of the right choice.</param>
public sealed record ChoiceQuestion(
    string Id, string Place, string Subject, IReadOnlyList<string> Contexts, IReadOnlyList<string> Continuations, int Answer)
{
    /// <summary>Between a context and its continuation.</summary>
    public const string Delimiter = " ";

    /// <summary>After each example.</summary>
    public const string ExampleEnd = "\n\n";

    /// <summary>Number of choices.</summary>
    public int Choices => Math.Max(Contexts.Count, Continuations.Count);

    /// <summary>The text of a choice, by whose length its likelihood is normalised.</summary>
    public string Choice(int index) => Continuations.Count > 1 ? Continuations[index] : Contexts[index];

    /// <summary>The question with its right answer, as it stands in front of another one.</summary>
    public string AsExample => Context(Answer) + Delimiter + Continuation(Answer) + ExampleEnd;

    /// <summary>The text before, and the text whose likelihood is taken, of every choice.</summary>
    /// <param name="before">Description and examples.</param>
    public IEnumerable<(string Context, string Continuation)> Texts(string before) =>
        Enumerable.Range(0, Choices).Select(i => (before + Context(i), Delimiter + Continuation(i)));

    string Context(int choice) => Contexts[Contexts.Count > 1 ? choice : 0];

    string Continuation(int choice) => Continuations[Continuations.Count > 1 ? choice : 0];

    /// <exception cref="GraftException">Input: fewer than two choices, or an answer that is none of them.</exception>
    public ChoiceQuestion Validate()
    {
        if (Choices < 2) throw Fault.Input($"{Place}: has {Choices} choices; at least 2 are needed.");
        if (Answer < 0 || Answer >= Choices) throw Fault.Input($"{Place}: the answer is choice {Answer + 1} of {Choices}.");
        return this;
    }
}
