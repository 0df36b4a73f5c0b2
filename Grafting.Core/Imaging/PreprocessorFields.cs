using System.Text.Json;

namespace Grafting.Core.Imaging;

/// <summary>Typed access to the JSON object of an image processor; errors name the file and the key.</summary>
readonly record struct PreprocessorFields(string Path, JsonElement Json)
{
    public bool Has(string key) => Json.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <param name="expected">The rest of a sentence about the key: "must be true".</param>
    public GraftException Wrong(string key, string expected) => Fault.Input(
        $"{Path}: '{key}' {(Has(key) ? $"is {Shorten(Json.GetProperty(key).GetRawText())}; it " : "")}{expected}.",
        "Use the preprocessing of a CLIP, SigLIP, DINOv2, ViT, LLaVA or LLaVA-NeXT checkpoint.");

    /// <summary>A key that changes pixels in a way that is not known here must not be passed over.</summary>
    /// <exception cref="GraftException">
    /// Input, naming the first key that is not among the <paramref name="known"/> ones and is not null.
    /// </exception>
    public void OnlyKnown(IReadOnlySet<string> known)
    {
        foreach (var property in Json.EnumerateObject())
            if (!known.Contains(property.Name) && property.Value.ValueKind != JsonValueKind.Null)
                throw Wrong(property.Name, "is not a setting that is implemented here, and may change the pixels");
    }

    public bool Flag(string key, bool absent)
    {
        if (!Has(key)) return absent;
        return Json.GetProperty(key).ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong(key, "must be true or false"),
        };
    }

    public double Number(string key, double absent)
    {
        if (!Has(key)) return absent;
        return Json.GetProperty(key).ValueKind == JsonValueKind.Number
            ? Json.GetProperty(key).GetDouble()
            : throw Wrong(key, "must be a number");
    }

    public string? Text(string key)
    {
        if (!Has(key)) return null;
        return Json.GetProperty(key).ValueKind == JsonValueKind.String
            ? Json.GetProperty(key).GetString()
            : throw Wrong(key, "must be a text");
    }

    /// <summary>Three numbers, or one for all three channels.</summary>
    public IReadOnlyList<double> Channels(string key, IReadOnlyList<double>? absent)
    {
        if (!Has(key)) return absent ?? throw Wrong(key, "is missing; three numbers were expected");
        var value = Json.GetProperty(key);
        if (value.ValueKind == JsonValueKind.Number) return [value.GetDouble(), value.GetDouble(), value.GetDouble()];
        bool three = value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 3
            && value.EnumerateArray().All(channel => channel.ValueKind == JsonValueKind.Number);
        return three ? [.. value.EnumerateArray().Select(channel => channel.GetDouble())] : throw Wrong(key, "must be three numbers");
    }

    public ResampleFilter Filter(string key, ResampleFilter absent)
    {
        if (!Has(key)) return absent;
        bool known = Integer(Json.GetProperty(key), out int number) && Enum.IsDefined((ResampleFilter)number);
        return known ? (ResampleFilter)number : throw Wrong(key, "must be 0 to 5, Pillow's number of a filter");
    }

    /// <summary>A bare number, {shortest_edge}, or {height, width}.</summary>
    /// <param name="bareIsSquare">Whether a bare number means both height and width, not the shortest edge.</param>
    public ProcessorSize Size(string key, bool bareIsSquare)
    {
        if (!Has(key)) throw Wrong(key, "is missing");
        var value = Json.GetProperty(key);
        if (Integer(value, out int edge)) return bareIsSquare ? new(null, edge, edge) : new(edge, null, null);
        if (value.ValueKind == JsonValueKind.Object)
        {
            // A second key beside these, such as longest_edge, would change the result.
            int keys = value.EnumerateObject().Count(property => property.Value.ValueKind != JsonValueKind.Null);
            if (keys == 1 && value.TryGetProperty("shortest_edge", out var shortest) && Integer(shortest, out edge))
                return new(edge, null, null);
            if (keys == 2 && value.TryGetProperty("height", out var height) && value.TryGetProperty("width", out var width)
                && Integer(height, out int rows) && Integer(width, out int columns)) return new(null, rows, columns);
        }
        throw Wrong(key, "must be a number, {\"shortest_edge\"} or {\"height\", \"width\"}");
    }

    /// <summary>Pairs of height and width in pixels as grids of squares.</summary>
    /// <param name="side">Of a square, which must divide them.</param>
    public IReadOnlyList<string>? Grids(string key, int side)
    {
        if (!Has(key)) return null;
        var value = Json.GetProperty(key);
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0)
            throw Wrong(key, "must be a list of pairs of height and width");
        var grids = new List<string>();
        foreach (var pair in value.EnumerateArray())
        {
            if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2 || !Integer(pair[0], out int height)
                || !Integer(pair[1], out int width)
                || height < side || width < side || height % side != 0 || width % side != 0)
                throw Wrong(key, $"must be a list of pairs of height and width, each a multiple of the {side} pixels of a tile");
            grids.Add(new TileGrid(height / side, width / side).ToString());
        }
        return grids;
    }

    static string Shorten(string json) => json.Length <= 200 ? json : $"{json[..200]}…";

    static bool Integer(JsonElement element, out int value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out value);
    }
}
