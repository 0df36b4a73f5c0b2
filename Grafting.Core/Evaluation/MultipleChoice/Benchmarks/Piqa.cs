namespace Grafting.Core.Evaluation.MultipleChoice.Benchmarks;

/// <summary>
/// PIQA (Bisk et al., arXiv 1911.11641): which of two ways reaches an everyday goal. The published answers stand in <c>valid-labels.lst</c>
/// beside <c>valid.jsonl</c>; the Hub has them in the records.
/// </summary>
sealed class Piqa : ChoiceTask
{
    public override string Name => "piqa";

    internal override IReadOnlyList<string> QuestionSplits => ["validation", "valid", "val", "dev"];

    internal override bool HasLabelFile => true;

    internal override ChoiceQuestion Read(ChoiceRecord record) => new(
        record.Id("id"),
        record.Place,
        "",
        [$"Question: {record.Text("goal")}\nAnswer:"],
        [record.Text("sol1"), record.Text("sol2")],
        record.AnswerIndex("label", 2));
}
