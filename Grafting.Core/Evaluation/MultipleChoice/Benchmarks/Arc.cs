namespace Grafting.Core.Evaluation.MultipleChoice.Benchmarks;

/// <summary>
/// The AI2 Reasoning Challenge (Clark et al., arXiv 1803.05457): school questions in natural science with three to five choices. Easy and
/// Challenge have one format.
/// </summary>
/// <param name="name">arc_easy or arc_challenge.</param>
sealed class Arc(string name) : ChoiceTask
{
    public override string Name => name;

    internal override IReadOnlyList<string> QuestionSplits => [$"{name}_test", "test"];

    internal override IReadOnlyList<string> ExampleSplits => [$"{name}_train", "train"];

    internal override ChoiceQuestion Read(ChoiceRecord record)
    {
        var question = record.Json["question"];
        var (text, choices) = question.IsText ? (question, record.Json["choices"]) : (question["stem"], question["choices"]);
        var (texts, answer) = LabelledChoices.Read(record, choices);
        return new ChoiceQuestion(record.Id("id"), record.Place, "", [$"Question: {text.Text()}\nAnswer:"], texts, answer);
    }
}
