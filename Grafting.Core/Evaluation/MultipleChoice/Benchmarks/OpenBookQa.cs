namespace Grafting.Core.Evaluation.MultipleChoice.Benchmarks;

/// <summary>OpenBookQA (Mihaylov et al., arXiv 1809.02789), without the book: the bare question, continued by four choices.</summary>
sealed class OpenBookQa : ChoiceTask
{
    public override string Name => "openbookqa";

    internal override IReadOnlyList<string> QuestionSplits => ["main_test", "test"];

    internal override IReadOnlyList<string> ExampleSplits => ["main_train", "train"];

    internal override ChoiceQuestion Read(ChoiceRecord record)
    {
        var (text, choices) = record.Json.Find("question") is { } question
            ? (question["stem"], question["choices"])
            : (record.Json["question_stem"], record.Json["choices"]);
        var (texts, answer) = LabelledChoices.Read(record, choices);
        return new ChoiceQuestion(record.Id("id"), record.Place, "", [text.Text()], texts, answer);
    }
}
