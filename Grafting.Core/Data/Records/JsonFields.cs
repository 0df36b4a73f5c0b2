using System.Globalization;
using System.Text.Json;

namespace Grafting.Core.Data.Records;

/// <summary>Fields that records of several forms share. What is wrong comes back as words, null where nothing is.</summary>
static class JsonFields
{
    /// <summary>Data sets write ids as text or as numbers; some leave them out.</summary>
    public static string Id(JsonElement json, int index) => OwnId(json) ?? string.Create(CultureInfo.InvariantCulture, $"#{index}");

    public static string? OwnId(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("id", out var id)) return null;
        return id.ValueKind switch
        {
            JsonValueKind.String => id.GetString()!,
            JsonValueKind.Number => id.GetRawText(),
            _ => null,
        };
    }

    /// <summary>How to call a sample in a message, whatever it holds.</summary>
    public static string Name(JsonElement json, int index)
    {
        try
        {
            return OwnId(json) is { } id ? Printable.Quote(id) : string.Create(CultureInfo.InvariantCulture, $"#{index}");
        }
        catch (InvalidOperationException)
        {
            return string.Create(CultureInfo.InvariantCulture, $"#{index}");
        }
    }

    /// <summary>A field that is there and not null.</summary>
    public static bool Has(JsonElement json, string key, out JsonElement value) =>
        json.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;

    public static string? Text(JsonElement json, string key, out string? value)
    {
        value = null;
        if (!Has(json, key, out var element)) return null;
        if (element.ValueKind != JsonValueKind.String) return $"'{key}' is a JSON {element.ValueKind}, not a text";
        value = element.GetString();
        return null;
    }

    /// <summary>A name, a list of names, or nothing.</summary>
    public static string? Names(JsonElement json, string key, out IReadOnlyList<string> names)
    {
        names = [];
        if (!Has(json, key, out var element)) return null;
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

    /// <summary>The pictures of a whole record: "image" or "images".</summary>
    public static string? Pictures(JsonElement json, out IReadOnlyList<string> names)
    {
        if (!Has(json, "image", out _)) return Names(json, "images", out names);
        if (Names(json, "image", out names) is { } fault) return fault;
        return Has(json, "images", out var more) && more.GetArrayLengthOrZero() > 0 ? "has both 'image' and 'images'" : null;
    }

    static int GetArrayLengthOrZero(this JsonElement json) => json.ValueKind == JsonValueKind.Array ? json.GetArrayLength() : 1;
}
