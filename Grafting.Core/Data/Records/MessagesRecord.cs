using System.Text;
using System.Text.Json;
using Grafting.Core.Text;

namespace Grafting.Core.Data.Records;

/// <summary>
/// OpenAI's messages, <c>{"messages": [{"role", "content"}], "images"?}</c>: content is a text, or a list of the parts
/// <c>{"type": "text", "text"}</c>, <c>{"type": "image_url", "image_url": {"url"}}</c> and Hugging Face's <c>{"type": "image"}</c>. A part
/// without a source of its own, and <c>&lt;image&gt;</c> in a text, take the next of the record's "images".
/// </summary>
static class MessagesRecord
{
    /// <inheritdoc cref="SampleRecord.Draft"/>
    public static Reading? Draft(JsonElement json, int index, out SampleDraft draft)
    {
        draft = new SampleDraft("", [], []);
        if (JsonFields.Pictures(json, out var beside) is { } imageFault) return Malformed(imageFault);
        if (JsonFields.Text(json, "type", out var type) is { } typeFault) return Malformed(typeFault);
        if (JsonFields.Text(json, "description", out var description) is { } descriptionFault) return Malformed(descriptionFault);
        if (JsonFields.Has(json, "tools", out var tools) && tools.GetRawText() != "[]")
            return Malformed("has 'tools', which are not supported");
        if (!json.TryGetProperty("messages", out var messages) || messages.ValueKind != JsonValueKind.Array)
            return Malformed("has no list 'messages'");
        if (messages.GetArrayLength() == 0) return Reading.Bad(BadSampleReason.NoConversation, "'messages' is empty");
        var (turns, pictures) = (new List<Turn>(), new List<string?>());
        foreach (var message in messages.EnumerateArray())
        {
            if (ReadMessage(message, pictures, out var turn) is { } bad)
                return bad with { Detail = $"message {turns.Count + 1} {bad.Detail}" };
            turns.Add(turn);
        }
        var (next, named) = (0, new List<string>(pictures.Count));
        foreach (var picture in pictures)
        {
            if (picture is not null) named.Add(picture);
            else if (next < beside.Count) named.Add(beside[next++]);
        }
        // What is left over has no mark, which is told where marks and pictures are compared.
        named.AddRange(beside.Skip(next));
        draft = new SampleDraft(JsonFields.Id(json, index), named, turns, type, description);
        return null;
    }

    static Reading Malformed(string detail) => Reading.Bad(BadSampleReason.Malformed, detail);

    /// <param name="pictures">Receives the sources of the message's pictures; null for one that the record holds.</param>
    static Reading? ReadMessage(JsonElement json, List<string?> pictures, out Turn turn)
    {
        turn = new Turn(Role.System, "");
        if (json.ValueKind != JsonValueKind.Object) return Malformed($"is a JSON {json.ValueKind}, not an object");
        if (JsonFields.Text(json, "role", out var name) is { } roleFault) return Malformed(roleFault);
        Role? role = name switch { "user" => Role.User, "assistant" => Role.Assistant, "system" or "developer" => Role.System, _ => null };
        if (role is null)
            return Malformed(name is null ? "has no 'role'" : $"is from {Printable.Quote(name)}; user, assistant and system are known");
        if (JsonFields.Has(json, "tool_calls", out _)) return Malformed("has 'tool_calls', which are not supported");
        if (JsonFields.Has(json, "weight", out var weight) && weight.GetRawText() is not ("1" or "1.0"))
            return Malformed(
                $"has the weight {Printable.Quote(weight.GetRawText())}; every answer is learned from, so that only 1 can be kept");
        if (!JsonFields.Has(json, "content", out var content)) return Malformed("has no 'content'");
        switch (content.ValueKind)
        {
            case JsonValueKind.String:
                turn = new Turn(role.Value, content.GetString()!);
                pictures.AddRange(Enumerable.Repeat<string?>(null, turn.Pictures));
                return null;
            case JsonValueKind.Array:
                return ReadParts(content, role.Value, pictures, out turn);
            default:
                return Malformed($"has a JSON {content.ValueKind} as 'content', not a text or a list of parts");
        }
    }

    static Reading? ReadParts(JsonElement parts, Role role, List<string?> pictures, out Turn turn)
    {
        turn = new Turn(role, "");
        var (text, number, afterPicture) = (new StringBuilder(), 0, false);
        foreach (var part in parts.EnumerateArray())
        {
            number++;
            if (part.ValueKind != JsonValueKind.Object) return Malformed($"has a JSON {part.ValueKind} as part {number}, not an object");
            if (JsonFields.Text(part, "type", out var type) is { } typeFault) return Malformed($"part {number}: {typeFault}");
            // A mark and its line break are LLaVA's way of writing a picture before a text.
            if (afterPicture) text.Append('\n');
            afterPicture = type is "image_url" or "image";
            if (type == "text")
            {
                if (JsonFields.Text(part, "text", out var words) is { } textFault) return Malformed($"part {number}: {textFault}");
                if (words is null) return Malformed($"has a part {number} without 'text'");
                if (role == Role.User && words.Contains(Turn.ImageMark, StringComparison.Ordinal))
                    return Reading.Bad(
                        BadSampleReason.Placeholder,
                        $"writes {Turn.ImageMark} in the text of part {number}, where a picture is a part of its own");
                text.Append(words);
            }
            else if (afterPicture)
            {
                if (role != Role.User) return Malformed("shows a picture; only messages of the user may");
                if (Source(part, type!, out var source) is { } fault) return Malformed($"part {number}: {fault}");
                text.Append(Turn.ImageMark);
                pictures.Add(source);
            }
            else
            {
                return Malformed($"has a part {number} of type {Printable.Quote(type ?? "")}; text, image_url and image are known");
            }
        }
        turn = new Turn(role, text.ToString());
        return null;
    }

    /// <summary>
    /// Where a part's picture is: "image_url" holds an object with "url" or the address itself; "image" may name it under three keys.
    /// </summary>
    static string? Source(JsonElement part, string type, out string? source)
    {
        source = null;
        if (type == "image_url")
        {
            if (!JsonFields.Has(part, "image_url", out var given)) return "has no 'image_url'";
            if (given.ValueKind == JsonValueKind.String) source = given.GetString();
            else if (given.ValueKind != JsonValueKind.Object) return $"'image_url' is a JSON {given.ValueKind}, not an object with 'url'";
            else if (JsonFields.Text(given, "url", out source) is { } fault) return fault;
            return source is null ? "has no 'url'" : null;
        }
        foreach (var key in (string[])["image", "path", "url"])
        {
            if (JsonFields.Text(part, key, out source) is { } fault) return fault;
            if (source is not null) break;
        }
        return null;
    }
}
