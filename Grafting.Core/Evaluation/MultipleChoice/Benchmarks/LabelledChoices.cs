using System.Text.Json;
using Grafting.Core.Text;

namespace Grafting.Core.Evaluation.MultipleChoice.Benchmarks;

/// <summary>Choices with labels (A, B, … or 1, 2, …), in the two layouts of the Allen Institute's benchmarks.</summary>
/// <param name="Texts">The choices.</param>
/// <param name="Answer">Index of the right one.</param>
sealed record LabelledChoices(IReadOnlyList<string> Texts, int Answer)
{
    const string Key = "answerKey";

    /// <param name="choices">The original <c>[{text, label}, …]</c>, or the Hub's <c>{text: […], label: […]}</c>.</param>
    public static LabelledChoices Read(ChoiceRecord record, JsonAt choices)
    {
        var (texts, labels) = choices.Value.ValueKind == JsonValueKind.Array
            ? (All(choices.Items().Select(choice => choice["text"])), All(choices.Items().Select(choice => choice["label"])))
            : (All(choices["text"].Items()), All(choices["label"].Items()));
        if (texts.Length != labels.Length) throw choices.Wrong($"has {texts.Length} texts and {labels.Length} labels.");
        var key = record.Answer(Key).TrimStart();
        var answer = Array.IndexOf(labels, key);
        return answer >= 0
            ? new(texts, answer)
            : throw record.WrongAnswer(Key, key, $"one of the labels {string.Join(", ", labels.Select(Printable.Quote))}");
    }

    static string[] All(IEnumerable<JsonAt> items) => [.. items.Select(item => item.Text())];
}
