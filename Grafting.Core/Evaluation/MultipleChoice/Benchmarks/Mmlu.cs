using Grafting.Core.Text;
using System.Text.Json;

namespace Grafting.Core.Evaluation.MultipleChoice.Benchmarks;

/// <summary>
/// MMLU (Hendrycks et al., arXiv 2009.03300): 57 subjects, four choices that stand in the prompt, letters as continuations. Reads the
/// published CSV files (<c>test/anatomy_test.csv</c>, <c>dev/anatomy_dev.csv</c>) and the Hub's records.
/// </summary>
sealed class Mmlu : ChoiceTask
{
    static readonly string[] Letters = ["A", "B", "C", "D"];
    static readonly string[] FileEndings = ["_test", "_dev", "_val"];

    public override string Name => "mmlu";

    public override IReadOnlyList<ChoiceMetric> Metrics => [ChoiceMetric.Accuracy];

    public override bool FirstExamples => true;

    internal override IReadOnlyList<string> QuestionSplits => ["test"];

    internal override IReadOnlyList<string> ExampleSplits => ["dev"];

    internal override bool ManyFiles => true;

    internal override IReadOnlyList<string> CsvFields => ["question", .. Letters, "answer"];

    public override string Description(string subject) =>
        $"The following are multiple choice questions (with answers) about {subject.Replace('_', ' ')}.\n\n";

    internal override ChoiceQuestion Read(ChoiceRecord record)
    {
        var choices = Choices(record);
        var listed = string.Concat(choices.Zip(Letters, (choice, letter) => $"{letter}. {choice}\n"));
        var context = $"{PythonText.Strip(record.Text("question"))}\n{listed}Answer:";
        return new ChoiceQuestion(record.Id(), record.Place, Subject(record), [context], Letters, Answer(record));
    }

    static string[] Choices(ChoiceRecord record)
    {
        if (record.Json.Find("choices") is not { } list) return [.. Letters.Select(record.Text)];
        string[] choices = [.. list.Items().Select(choice => choice.Text())];
        return choices.Length == Letters.Length
            ? choices
            : throw list.Wrong($"has {choices.Length} choices; {Letters.Length} were expected.");
    }

    static int Answer(ChoiceRecord record)
    {
        var answer = record.Answer("answer");
        var letter = Array.IndexOf(Letters, answer);
        return letter >= 0 ? letter : record.AnswerIndex("answer", Letters.Length);
    }

    /// <summary>The record's own, else from the name of the file.</summary>
    static string Subject(ChoiceRecord record)
    {
        if (record.Json.Find("subject") is { Value.ValueKind: JsonValueKind.String } subject && subject.Text() is { Length: > 0 } named)
            return named;
        var file = Path.GetFileNameWithoutExtension(record.File);
        foreach (var ending in FileEndings)
            if (file.Length > ending.Length && file.EndsWith(ending, StringComparison.Ordinal)) return file[..^ending.Length];
        throw record.Json.Wrong("has no \"subject\".", "Or name the file after its subject, as published: anatomy_test.csv.");
    }
}
