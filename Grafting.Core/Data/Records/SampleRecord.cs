using System.Text.Json;

namespace Grafting.Core.Data.Records;

/// <summary>Reads one record of a JSON data file, of whichever form.</summary>
static class SampleRecord
{
    static readonly string[] s_shareGptSpeakers = ["chatgpt", "bing", "bard"];

    /// <summary>The form that a record has; null where nothing tells it.</summary>
    public static DataKind? KindOf(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object) return null;
        if (json.TryGetProperty("messages", out _)) return DataKind.Messages;
        if (!json.TryGetProperty("conversations", out var turns)) return null;
        if (json.TryGetProperty("image", out _)) return DataKind.Llava;
        if (json.TryGetProperty("images", out _) || json.TryGetProperty("system", out _) || json.TryGetProperty("tools", out _))
            return DataKind.ShareGpt;
        return turns.ValueKind == JsonValueKind.Array && turns.EnumerateArray().Any(SpeaksShareGpt) ? DataKind.ShareGpt : DataKind.Llava;
    }

    /// <param name="index">Number in the file, which names a sample without id.</param>
    /// <returns>The sample, or why it cannot be used. Whether the pictures exist is not looked at.</returns>
    public static Reading Read(JsonElement json, int index, DataKind kind, PictureNames pictures)
    {
        try
        {
            return Draft(json, index, kind, out var draft) is { } bad ? bad : draft.Finish(pictures);
        }
        catch (InvalidOperationException)
        {
            // The JSON reader lets such bytes and escapes pass; it is only asking for the text that fails.
            return Reading.Bad(BadSampleReason.Malformed, "holds text that is not valid Unicode");
        }
    }

    /// <returns>Why there is no draft, or null.</returns>
    /// <exception cref="InvalidOperationException">It holds text that is not valid Unicode.</exception>
    public static Reading? Draft(JsonElement json, int index, DataKind kind, out SampleDraft draft)
    {
        draft = new SampleDraft("", [], []);
        if (json.ValueKind != JsonValueKind.Object)
            return Reading.Bad(BadSampleReason.Malformed, $"is a JSON {json.ValueKind}, not an object");
        return kind == DataKind.Messages
            ? MessagesRecord.Draft(json, index, out draft)
            : ConversationRecord.Draft(json, index, kind, out draft);
    }

    static bool SpeaksShareGpt(JsonElement turn)
    {
        if (turn.ValueKind != JsonValueKind.Object || !turn.TryGetProperty("from", out var from) || from.ValueKind != JsonValueKind.String)
            return false;
        return s_shareGptSpeakers.Any(from.ValueEquals);
    }
}
