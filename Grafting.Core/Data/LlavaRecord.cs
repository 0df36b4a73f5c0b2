using System.Text.Json;
using Grafting.Core.Text;

namespace Grafting.Core.Data;

/// <summary>Reads one sample of LLaVA's JSON: <c>{"id", "image"?, "conversations": [{"from", "value"}], "type"?, "description"?}</c>,
/// where "image" is a name or a list of names.</summary>
static class LlavaRecord
{
    /// <param name="index">Number in the file, which names a sample without id.</param>
    /// <param name="folder">Full path of the folder that picture names start from.</param>
    /// <returns>The sample, or why it cannot be used. Whether the pictures exist is not looked at.</returns>
    public static (Sample? Sample, BadSampleReason Reason, string Detail) Read(JsonElement json, int index, string folder)
    {
        try
        {
            return Parse(json, index, folder);
        }
        catch (InvalidOperationException)
        {
            // The JSON reader lets such bytes and escapes pass; it is only asking for the text that fails.
            return Bad(BadSampleReason.Malformed, "holds text that is not valid Unicode");
        }
    }

    static (Sample? Sample, BadSampleReason Reason, string Detail) Parse(JsonElement json, int index, string folder)
    {
        if (json.ValueKind != JsonValueKind.Object) return Bad(BadSampleReason.Malformed, $"is a JSON {json.ValueKind}, not an object");
        string id = Id(json, index);
        if (Names(json, "image", out var images) is { } imageFault) return Bad(BadSampleReason.Malformed, imageFault);
        if (Text(json, "type", out var type) is { } typeFault) return Bad(BadSampleReason.Malformed, typeFault);
        if (Text(json, "description", out var description) is { } descriptionFault) return Bad(BadSampleReason.Malformed, descriptionFault);

        if (!json.TryGetProperty("conversations", out var conversations) || conversations.ValueKind != JsonValueKind.Array)
            return Bad(BadSampleReason.Malformed, "has no list 'conversations'");
        if (conversations.GetArrayLength() == 0) return Bad(BadSampleReason.NoConversation, "'conversations' is empty");
        var turns = new List<Turn>(conversations.GetArrayLength());
        foreach (var element in conversations.EnumerateArray())
        {
            if (ReadTurn(element, out var turn) is { } turnFault) return Bad(BadSampleReason.Malformed, $"turn {turns.Count + 1} {turnFault}");
            turns.Add(turn);
        }
        if (!HasAnswer(turns)) return Bad(BadSampleReason.NoAnswer, "no user turn is followed by an answer");

        int marks = turns.Sum(turn => turn.Pictures);
        if (marks != images.Count)
        {
            var pictures = images.Count switch { 0 => "no picture", 1 => "one picture", var many => $"{many} pictures" };
            return Bad(BadSampleReason.Placeholder, $"has {pictures} and {marks} {Turn.ImageMark} in its user turns");
        }
        var paths = new List<string>(images.Count);
        foreach (var image in images)
        {
            if (Inside(folder, image) is not { } path)
                return Bad(BadSampleReason.PictureOutside, $"its picture {Printable.Quote(image)} lies outside {folder}");
            paths.Add(path);
        }
        return (new Sample(id, paths, turns, type) { Description = description, Group = images.Count > 0 ? images[0] : id }, default, "");
    }

    /// <summary>Data sets write ids as text or as numbers; some leave them out.</summary>
    static string Id(JsonElement json, int index)
    {
        if (!json.TryGetProperty("id", out var id)) return $"#{index}";
        return id.ValueKind switch
        {
            JsonValueKind.String => id.GetString()!,
            JsonValueKind.Number => id.GetRawText(),
            _ => $"#{index}",
        };
    }

    /// <summary>How to call a sample in a message, whatever it holds.</summary>
    public static string Name(JsonElement json, int index)
    {
        try
        {
            return json.ValueKind == JsonValueKind.Object ? Printable.Quote(Id(json, index)) : $"#{index}";
        }
        catch (InvalidOperationException)
        {
            return $"#{index}";
        }
    }

    static (Sample?, BadSampleReason, string) Bad(BadSampleReason reason, string detail) => (null, reason, detail);

    /// <returns>What is wrong, or null.</returns>
    static string? Text(JsonElement json, string key, out string? value)
    {
        value = null;
        if (!json.TryGetProperty(key, out var element) || element.ValueKind == JsonValueKind.Null) return null;
        if (element.ValueKind != JsonValueKind.String) return $"'{key}' is a JSON {element.ValueKind}, not a text";
        value = element.GetString();
        return null;
    }

    /// <summary>A name, a list of names, or nothing.</summary>
    /// <returns>What is wrong, or null.</returns>
    static string? Names(JsonElement json, string key, out IReadOnlyList<string> names)
    {
        names = [];
        if (!json.TryGetProperty(key, out var element) || element.ValueKind == JsonValueKind.Null) return null;
        JsonElement[] found = element.ValueKind == JsonValueKind.Array ? [.. element.EnumerateArray()] : [element];
        for (var i = 0; i < found.Length; i++)
        {
            if (found[i].ValueKind == JsonValueKind.String) continue;
            return element.ValueKind == JsonValueKind.Array
                ? $"'{key}', item {i + 1}, is a JSON {found[i].ValueKind}, not a text"
                : $"'{key}' is a JSON {found[i].ValueKind}, not a text or a list of texts";
        }
        names = Array.ConvertAll(found, name => name.GetString()!);
        return null;
    }

    static string? ReadTurn(JsonElement json, out Turn turn)
    {
        turn = new Turn(Role.System, "");
        if (json.ValueKind != JsonValueKind.Object) return $"is a JSON {json.ValueKind}, not an object";
        if (Text(json, "from", out var from) is { } fromFault) return fromFault;
        if (Text(json, "value", out var value) is { } valueFault) return valueFault;
        if (from is null || value is null) return $"has no '{(from is null ? "from" : "value")}'";
        Role? role = from switch
        {
            "human" or "user" => Role.User,
            "gpt" or "assistant" or "model" => Role.Assistant,
            "system" => Role.System,
            _ => null,
        };
        if (role is null) return $"is from {Printable.Quote(from)}; human, gpt and system are known";
        turn = new Turn(role.Value, value);
        return null;
    }

    static bool HasAnswer(List<Turn> turns)
    {
        int question = turns.FindIndex(turn => turn.Role == Role.User);
        return question >= 0 && turns.FindIndex(question, turn => turn.Role == Role.Assistant && !string.IsNullOrWhiteSpace(turn.Text)) >= 0;
    }

    static string? Inside(string folder, string image)
    {
        if (image.Length == 0 || image.Contains('\0')) return null;
        var path = Path.GetFullPath(image, folder);
        var start = Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar;
        return path.StartsWith(start, StringComparison.Ordinal) ? path : null;
    }
}
