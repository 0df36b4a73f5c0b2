using System.Globalization;
using System.Text.Json;
using Grafting.Core.Text;

namespace Grafting.Core.Data.Records;

/// <summary>
/// A record whose pictures lie beside it, as in a tar shard or in a row of Parquet. Besides conversations and messages such records hold
/// pairs of question and answer, a caption, or the name of a class.
/// </summary>
static class AttachedRecord
{
    /// <summary>What a caption answers.</summary>
    public const string CaptionQuestion = "Describe the picture.";

    /// <summary>What the name of a class answers.</summary>
    public const string ClassQuestion = "What does the picture show?";

    /// <summary>Fields that can be learned from, in the order in which they are looked for.</summary>
    public static IReadOnlyList<string> Fields { get; } = ["messages", "conversations", "texts", "question", "caption", "text", "label"];

    /// <param name="key">Id of a record that has none.</param>
    /// <param name="count">Pictures beside the record.</param>
    /// <param name="pictures">Finds them; a record that does not name them has them in their order, by the names "#0", "#1", ….</param>
    public static Reading Read(JsonElement json, string key, int count, PictureNames pictures)
    {
        try
        {
            if (Draft(json, out var draft) is { } bad) return bad;
            draft = draft with { Id = JsonFields.OwnId(json) ?? key };
            if (draft.Names.Count == 0) return Marked(draft, count).Finish(pictures);
            // Names from where the pictures once lay still say which belong together.
            if (draft.Names.Count != count || draft.Names.Index().Any(name => pictures.Find(name.Item, name.Index).Address is not null))
                return draft.Finish(pictures);
            var reading = (draft with { Names = Numbers(count) }).Finish(pictures);
            return reading with { Sample = reading.Sample is { } sample ? sample with { Group = draft.Names[0] } : null };
        }
        catch (InvalidOperationException)
        {
            // As in SampleRecord.
            return Reading.Bad(BadSampleReason.Malformed, "holds text that is not valid Unicode");
        }
    }

    /// <returns>Which picture a name like "#0" means; null for other names.</returns>
    public static int? Number(string name) =>
        name.StartsWith('#') && int.TryParse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    static string[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"#{i}"))];

    /// <summary>Pictures that no turn marks stand before the first question.</summary>
    static SampleDraft Marked(SampleDraft draft, int count)
    {
        var names = Numbers(count);
        if (draft.Marks > 0 || count == 0) return draft with { Names = names };
        Turn[] turns = [.. draft.Turns];
        var first = Array.FindIndex(turns, turn => turn.Role == Role.User);
        if (first < 0) return draft with { Names = names };
        turns[first] = turns[first] with { Text = string.Concat(Enumerable.Repeat(Turn.ImageMark + "\n", count)) + turns[first].Text };
        return draft with { Names = names, Turns = turns };
    }

    static Reading? Draft(JsonElement json, out SampleDraft draft)
    {
        draft = new SampleDraft("", [], []);
        if (json.ValueKind != JsonValueKind.Object) return Malformed($"is a JSON {json.ValueKind}, not an object");
        if (Fields.FirstOrDefault(field => JsonFields.Has(json, field, out _)) is not { } field)
            return Malformed($"has none of the fields {string.Join(", ", Fields)}");
        if (field is "messages" or "conversations") return SampleRecord.Draft(json, 0, SampleRecord.KindOf(json)!.Value, out draft);
        var turns = new List<Turn>();
        if (Fill(json, field, turns) is { } fault) return Malformed(fault);
        if (JsonFields.Text(json, "type", out var type) is { } typeFault) return Malformed(typeFault);
        if (JsonFields.Text(json, "description", out var description) is { } descriptionFault) return Malformed(descriptionFault);
        draft = new SampleDraft("", [], turns, type, description);
        return null;
    }

    static Reading Malformed(string detail) => Reading.Bad(BadSampleReason.Malformed, detail);

    static string? Fill(JsonElement json, string field, List<Turn> turns)
    {
        if (field == "texts")
        {
            var texts = json.GetProperty("texts");
            if (texts.ValueKind != JsonValueKind.Array)
                return $"'texts' is a JSON {texts.ValueKind}, not a list of pairs 'user' and 'assistant'";
            return texts.EnumerateArray().Select(pair => Pair(pair, "user", "assistant", turns)).FirstOrDefault(fault => fault is not null);
        }
        if (field == "question") return Pair(json, "question", "answer", turns);
        if (JsonFields.Text(json, field, out var words) is { } wrong) return wrong;
        turns.Add(new Turn(Role.User, field == "label" ? ClassQuestion : CaptionQuestion));
        turns.Add(new Turn(Role.Assistant, words!));
        return null;
    }

    static string? Pair(JsonElement json, string asks, string answers, List<Turn> turns)
    {
        if (json.ValueKind != JsonValueKind.Object) return $"a pair is a JSON {json.ValueKind}, not an object";
        if (JsonFields.Text(json, asks, out var question) is { } fault) return fault;
        if (JsonFields.Text(json, answers, out var answer) is { } other) return other;
        if (question is null || answer is null)
            return $"has '{(question is null ? answers : asks)}' without '{(question is null ? asks : answers)}'";
        turns.Add(new Turn(Role.User, question));
        turns.Add(new Turn(Role.Assistant, answer));
        return null;
    }
}
