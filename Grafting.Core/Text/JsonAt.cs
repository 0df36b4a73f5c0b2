using System.Text.Json;

namespace Grafting.Core.Text;

/// <summary>A JSON value that remembers the file and the path it came from, so that every complaint can say where.</summary>
internal readonly record struct JsonAt(JsonElement Value, string File, string Path)
{
    /// <exception cref="GraftException">The file cannot be read, or is not JSON.</exception>
    public static JsonDocument Open(string file)
    {
        try
        {
            return JsonDocument.Parse(System.IO.File.ReadAllBytes(file));
        }
        catch (JsonException fault)
        {
            throw Fault.Input(
                $"{file} is not JSON: line {fault.LineNumber + 1}, byte {fault.BytePositionInLine}.", inner: fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Fault.Input($"{file} cannot be read: {fault.Message}", inner: fault);
        }
    }

    public GraftException Wrong(string what, string? remedy = null) => Fault.Input($"{File}: {Path} {what}", remedy);

    /// <summary>The member, or null where it is absent or null.</summary>
    public JsonAt? Find(string name)
    {
        Require(JsonValueKind.Object, "an object");
        return Value.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? new JsonAt(value, File, $"{Path}.{name}")
            : null;
    }

    public JsonAt this[string name] => Find(name) ?? throw Wrong($"has no \"{name}\".");

    public IEnumerable<JsonAt> Items()
    {
        Require(JsonValueKind.Array, "a list");
        var (file, path) = (File, Path);
        return Value.EnumerateArray().Select((item, i) => new JsonAt(item, file, $"{path}[{i}]"));
    }

    public IEnumerable<(string Name, JsonAt Value)> Members()
    {
        Require(JsonValueKind.Object, "an object");
        var (file, path) = (File, Path);
        return Value.EnumerateObject().Select(member => (member.Name, new JsonAt(member.Value, file, $"{path}[\"{member.Name}\"]")));
    }

    public bool IsText => Value.ValueKind == JsonValueKind.String;

    public bool IsObject => Value.ValueKind == JsonValueKind.Object;

    public string Text()
    {
        Require(JsonValueKind.String, "a text");
        return TextOf(Value);
    }

    /// <summary>A text inside this value, where many of them are read and one path for all of them is enough.</summary>
    public string TextOf(JsonElement text)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw HalfPair();
        }
    }

    /// <summary>The name of one of the members.</summary>
    public string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            throw HalfPair();
        }
    }

    GraftException HalfPair() => Wrong("holds half of a surrogate pair.");

    public int Int()
    {
        if (Value.ValueKind == JsonValueKind.Number && Value.TryGetInt32(out var number)) return number;
        throw Wrong($"is {Value.GetRawText()}; it must be a whole number.");
    }

    public bool Bool() => Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong($"is {Value.GetRawText()}; it must be true or false."),
    };

    public bool Bool(string name, bool otherwise) => Find(name)?.Bool() ?? otherwise;

    /// <summary>
    /// An error for a part that this version does not know; prints it whole, so that a report about it is enough to add it.
    /// </summary>
    public GraftException Unknown(string kind)
    {
        var raw = Value.GetRawText();
        return Wrong(
            $"is a {kind} that graft does not know: {(raw.Length > 600 ? string.Concat(raw.AsSpan(0, 600), "…") : raw)}",
            "Report this line so that it can be added, or use a model with another tokenizer.");
    }

    void Require(JsonValueKind kind, string name)
    {
        if (Value.ValueKind != kind) throw Wrong($"must be {name}, not {Value.ValueKind.ToString().ToLowerInvariant()}.");
    }
}
