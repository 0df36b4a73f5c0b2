using Grafting.Core.Text;

namespace Grafting.Core.Evaluation.MultipleChoice.Benchmarks;

/// <summary>
/// WinoGrande (Sakaguchi et al., arXiv 1907.10641): which of two names fills a gap. Each fills it in turn, and what is compared is the
/// likelihood of the rest of the sentence.
/// </summary>
sealed class WinoGrande : ChoiceTask
{
    public override string Name => "winogrande";

    public override IReadOnlyList<ChoiceMetric> Metrics => [ChoiceMetric.Accuracy];

    internal override IReadOnlyList<string> QuestionSplits => ["validation", "val", "dev"];

    internal override IReadOnlyList<string> ExampleSplits => ["train_xl", "train"];

    internal override ChoiceQuestion Read(ChoiceRecord record)
    {
        var sentence = record.Text("sentence");
        var gap = sentence.IndexOf('_', StringComparison.Ordinal);
        if (gap < 0) throw record.Json["sentence"].Wrong("has no gap '_'.");
        var before = sentence[..gap];
        return new ChoiceQuestion(
            record.Id("qID"),
            record.Place,
            "",
            [before + record.Text("option1"), before + record.Text("option2")],
            [PythonText.Strip(sentence[(gap + 1)..])],
            record.AnswerIndex("answer", 2, first: 1));
    }
}
