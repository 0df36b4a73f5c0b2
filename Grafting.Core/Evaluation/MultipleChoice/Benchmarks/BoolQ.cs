namespace Grafting.Core.Evaluation.MultipleChoice.Benchmarks;

/// <summary>
/// BoolQ (Clark et al., arXiv 1905.10044): yes or no to a question about a passage. The original keeps the title of the passage apart;
/// SuperGLUE, which defines the prompt, has it in front of the passage, and so it is put there.
/// </summary>
sealed class BoolQ : ChoiceTask
{
    public override string Name => "boolq";

    public override IReadOnlyList<ChoiceMetric> Metrics => [ChoiceMetric.Accuracy];

    internal override IReadOnlyList<string> QuestionSplits => ["validation", "val", "dev"];

    internal override ChoiceQuestion Read(ChoiceRecord record)
    {
        var passage = record.Text("passage");
        if (record.Json.Find("title") is { } title) passage = $"{title.Text()} -- {passage}";
        var context = $"{passage}\nQuestion: {record.Text("question")}?\nAnswer:";
        return new ChoiceQuestion(record.Id("idx"), record.Place, "", [context], ["no", "yes"], Answer(record));
    }

    static int Answer(ChoiceRecord record)
    {
        var field = record.Json.Find("answer") is null ? "label" : "answer";
        var answer = record.Answer(field);
        return answer switch
        {
            "true" or "True" or "1" => 1,
            "false" or "False" or "0" => 0,
            _ => throw record.WrongAnswer(field, answer, "true, false, 1 or 0"),
        };
    }
}
