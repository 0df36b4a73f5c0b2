using System.Text.Json;
using Grafting.Core.Text;

namespace Grafting.Core.Data.Records;

/// <summary>
/// LLaVA's JSON, <c>{"id", "image"?, "conversations": [{"from", "value"}], "type"?, "description"?}</c>, where "image" is a name or a list
/// of names, and ShareGPT's, which calls it "images" and may begin with a "system" text.
/// </summary>
static class ConversationRecord
{
    /// <inheritdoc cref="SampleRecord.Draft"/>
    public static Reading? Draft(JsonElement json, int index, DataKind kind, out SampleDraft draft)
    {
        draft = new SampleDraft("", [], []);
        if (JsonFields.Pictures(json, out var images) is { } imageFault) return Malformed(imageFault);
        if (JsonFields.Text(json, "type", out var type) is { } typeFault) return Malformed(typeFault);
        if (JsonFields.Text(json, "description", out var description) is { } descriptionFault) return Malformed(descriptionFault);
        var turns = new List<Turn>();
        if (kind == DataKind.ShareGpt && Opening(json, turns) is { } openingFault) return Malformed(openingFault);
        if (!json.TryGetProperty("conversations", out var conversations) || conversations.ValueKind != JsonValueKind.Array)
            return Malformed("has no list 'conversations'");
        if (conversations.GetArrayLength() == 0) return Reading.Bad(BadSampleReason.NoConversation, "'conversations' is empty");
        var number = 0;
        foreach (var element in conversations.EnumerateArray())
        {
            number++;
            if (ReadTurn(element, out var turn) is { } turnFault) return Malformed($"turn {number} {turnFault}");
            turns.Add(turn);
        }
        draft = new SampleDraft(JsonFields.Id(json, index), images, turns, type, description);
        return null;
    }

    static Reading Malformed(string detail) => Reading.Bad(BadSampleReason.Malformed, detail);

    /// <summary>ShareGPT's fields for the whole conversation.</summary>
    static string? Opening(JsonElement json, List<Turn> turns)
    {
        if (JsonFields.Text(json, "system", out var system) is { } fault) return fault;
        if (!string.IsNullOrEmpty(system)) turns.Add(new Turn(Role.System, system));
        // Without its tools the conversation would teach answers that nothing in it explains.
        var tools = JsonFields.Has(json, "tools", out var given) && given.GetRawText() is not ("[]" or "\"\"" or "\"[]\"");
        return tools ? "has 'tools', which are not supported" : null;
    }

    static string? ReadTurn(JsonElement json, out Turn turn)
    {
        turn = new Turn(Role.System, "");
        if (json.ValueKind != JsonValueKind.Object) return $"is a JSON {json.ValueKind}, not an object";
        if (JsonFields.Text(json, "from", out var from) is { } fromFault) return fromFault;
        if (JsonFields.Text(json, "value", out var value) is { } valueFault) return valueFault;
        if (from is null || value is null) return $"has no '{(from is null ? "from" : "value")}'";
        Role? role = from switch
        {
            "human" or "user" => Role.User,
            "gpt" or "assistant" or "model" or "chatgpt" or "bing" or "bard" => Role.Assistant,
            "system" => Role.System,
            _ => null,
        };
        if (role is null) return $"is from {Printable.Quote(from)}; human, gpt and system are known";
        turn = new Turn(role.Value, value);
        return null;
    }
}
