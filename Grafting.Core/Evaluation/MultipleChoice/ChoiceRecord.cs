using System.Globalization;
using System.Text.Json;
using Grafting.Core.Text;

namespace Grafting.Core.Evaluation.MultipleChoice;

/// <summary>One record of a benchmark's file.</summary>
/// <param name="Json">The object; its path is the line.</param>
/// <param name="Label">The right answer from a file beside it; null where there is none.</param>
internal readonly record struct ChoiceRecord(JsonAt Json, string? Label)
{
    public string File => Json.File;

    public string Place => $"{Json.File}: {Json.Path}";

    public string Text(string field) => Json[field].Text();

    /// <summary>What the data call the record, under the first of the fields that it has; else its place.</summary>
    public string Id(params ReadOnlySpan<string> fields)
    {
        foreach (var field in fields)
            if (Json.Find(field) is { Value.ValueKind: JsonValueKind.String or JsonValueKind.Number } id) return id.Value.ToString();
        return Place;
    }

    /// <summary>A text, number or truth value as text.</summary>
    /// <exception cref="GraftException">Input: it is absent, empty or −1, which is how benchmarks keep their answers secret.</exception>
    public string Answer(string field)
    {
        var json = Json.Find(field);
        var answer = json?.Value.ValueKind switch
        {
            null => Label,
            JsonValueKind.String => json.Value.Text(),
            JsonValueKind.Number => json.Value.Value.GetRawText(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => throw json.Value.Wrong("must be the right answer: a text, a number, true or false."),
        };
        if (answer?.Trim() is not (null or "" or "-1")) return answer;
        var what = answer is null ? $"has no \"{field}\"" : $"has \"{field}\": {Printable.Quote(answer)}";
        throw Json.Wrong(
            $"{what}: this split has no answers.",
            "Benchmarks keep the answers of some splits secret; give the split that is published with them.");
    }

    /// <summary>The answer as an index from 0.</summary>
    /// <param name="first">What the data count from.</param>
    public int AnswerIndex(string field, int choices, int first = 0)
    {
        var answer = Answer(field);
        if (int.TryParse(answer, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= first
            && number < first + choices)
            return number - first;
        throw WrongAnswer(field, answer, $"a whole number from {first} to {first + choices - 1}");
    }

    public GraftException WrongAnswer(string field, string answer, string expected) =>
        Json.Wrong($"has \"{field}\": {Printable.Quote(answer)}; it must be {expected}.");
}
