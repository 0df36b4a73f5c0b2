using System.Text.Json;
using Grafting.Core.Text.Jinja;

namespace Grafting.Core.Text.Templates;

/// <summary>
/// A conversation in a JSON file: a list of messages, or an object with <c>messages</c> and whatever else the template may read.
/// </summary>
/// <param name="Messages">
/// Objects with a <c>role</c>; <c>content</c> as a text or as a list of parts, <c>tool_calls</c> and other members as they are.
/// </param>
/// <param name="Variables">The other members of the object, such as <c>tools</c>.</param>
internal sealed record ConversationFile(IReadOnlyList<JsonElement> Messages, IReadOnlyList<(string Name, JsonElement Value)> Variables)
{
    const string Remedy = "Expected is [{\"role\": \"user\", \"content\": \"…\"}, …], or an object with that list as \"messages\".";

    /// <exception cref="GraftException">Input: it cannot be read, or holds no messages.</exception>
    public static ConversationFile Read(string path)
    {
        using var document = JsonAt.Open(path);
        var root = document.RootElement.Clone();
        var list = root;
        if (root.ValueKind == JsonValueKind.Object && !root.TryGetProperty("messages", out list))
            throw Fault.Input($"{path}: has no \"messages\".", Remedy);
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
            throw Fault.Input($"{path}: holds no list of messages.", Remedy);
        foreach (var (k, message) in list.EnumerateArray().Index())
        {
            if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("role", out var role)
                || role.ValueKind != JsonValueKind.String)
                throw Fault.Input($"{path}: message {k + 1} is no object with a \"role\".", Remedy);
        }
        CheckValues(path, root);
        return new ConversationFile(
            [.. list.EnumerateArray()],
            root.ValueKind == JsonValueKind.Array ? []
                : [.. from member in root.EnumerateObject() where member.Name != "messages" select (member.Name, member.Value)]);
    }

    /// <summary>
    /// The JSON reader lets halves of surrogate pairs pass, of which only asking for the text tells, and numbers of any size.
    /// </summary>
    static void CheckValues(string path, JsonElement json)
    {
        try
        {
            Visit(json);
        }
        catch (InvalidOperationException fault)
        {
            throw Fault.Input($"{path}: holds text that is not valid Unicode.", Remedy, fault);
        }

        void Visit(JsonElement json)
        {
            if (json.ValueKind == JsonValueKind.String) json.GetString();
            else if (json.ValueKind == JsonValueKind.Number && JinjaJson.IsWhole(json) && !json.TryGetInt64(out _))
                throw Fault.Input($"{path}: the number {json.GetRawText()} has more than 64 bits.", "Write it as a text.");
            else if (json.ValueKind == JsonValueKind.Array) foreach (var item in json.EnumerateArray()) Visit(item);
            else if (json.ValueKind == JsonValueKind.Object)
            {
                foreach (var member in json.EnumerateObject())
                {
                    _ = member.Name;
                    Visit(member.Value);
                }
            }
        }
    }
}
