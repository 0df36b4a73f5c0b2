using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Data.Records;

namespace Grafting.Core.Data.Parquet;

/// <summary>A picture of a row.</summary>
/// <param name="Field">Index among the picture fields.</param>
/// <param name="Item">In the field's list; 0 outside of lists.</param>
/// <param name="Path">As the file calls it; null where it does not.</param>
readonly record struct RowPicture(int Field, int Item, string? Path);

/// <summary>Makes records of rows: what they say as JSON, and which pictures they have.</summary>
sealed class ParquetRows
{
    static readonly UTF8Encoding s_utf8 = new(false, throwOnInvalidBytes: true);
    static readonly HashSet<string> s_pictureNames = new(
        ["image", "images", "picture", "jpg", "jpeg", "png", "webp"], StringComparer.OrdinalIgnoreCase);

    readonly ParquetPages _pages;
    readonly List<ParquetNode> _said;
    readonly List<ParquetNode> _pictures;
    readonly IReadOnlyList<string>? _classes;

    /// <exception cref="InvalidDataException">No field says anything.</exception>
    public ParquetRows(ParquetFooter footer, ParquetPages pages)
    {
        _pages = pages;
        var fields = footer.Fields.GroupBy(field => field.Name, StringComparer.Ordinal).ToDictionary(
            group => group.Key, group => group.First(), StringComparer.Ordinal);
        var main = AttachedRecord.Fields.FirstOrDefault(fields.ContainsKey)
            ?? throw new InvalidDataException(
                $"none of its fields is one of {string.Join(", ", AttachedRecord.Fields)} (it has "
                    + $"{string.Join(", ", footer.Fields.Take(12).Select(field => Printable.Quote(field.Name)))})");
        _said = [fields[main]];
        foreach (var name in (string[])["id", "type", "description", "answer", "system"])
        {
            if (fields.TryGetValue(name, out var field) && field is { Column: { } column }
                && (name == "id" || column.Type == ParquetType.Bytes))
                _said.Add(field);
        }
        _pictures = [.. footer.Fields.Where(IsPicture)];
        if (main == "label") _classes = Classes(footer.Notes);
    }

    public IReadOnlyList<RowPicture> PicturesOf(int row)
    {
        var pictures = new List<RowPicture>();
        foreach (var (index, field) in _pictures.Index())
        {
            // The paths say how many pictures there are without their bytes being read.
            var path = field.Item.Field("path");
            var item = 0;
            foreach (var cell in _pages.Row(path ?? BytesOf(field), row))
            {
                if (field.IsList && cell.Definition <= field.Definition) continue;
                if (cell.Definition >= field.Item.Definition)
                {
                    var name = path is not null && cell.Value is ReadOnlyMemory<byte> text ? Encoding.UTF8.GetString(text.Span) : null;
                    pictures.Add(new RowPicture(index, item, name));
                }
                item++;
            }
        }
        return pictures;
    }

    /// <returns>Null where the file has only a name.</returns>
    public ReadOnlyMemory<byte>? Bytes(int row, RowPicture picture)
    {
        var (field, column) = (_pictures[picture.Field], BytesOf(_pictures[picture.Field]));
        var cells = _pages.Row(column, row).Where(cell => !field.IsList || cell.Definition > field.Definition);
        return cells.Skip(picture.Item).FirstOrDefault().Value is ReadOnlyMemory<byte> bytes ? bytes : null;
    }

    /// <exception cref="DecoderFallbackException">A text is not UTF-8.</exception>
    /// <exception cref="JsonException">A text that holds a conversation is not JSON.</exception>
    public byte[] Json(int row)
    {
        var json = new JsonObject();
        foreach (var field in _said) json[field.Name] = Node(field, row);
        return JsonSerializer.SerializeToUtf8Bytes(json);
    }

    static bool IsPicture(ParquetNode field) =>
        field.Item.Field("bytes") is { Type: ParquetType.Bytes }
        || (field.Item.Column is { Type: ParquetType.Bytes, IsText: false } && s_pictureNames.Contains(field.Name));

    static ParquetColumn BytesOf(ParquetNode field) => field.Item.Field("bytes") ?? field.Columns[0];

    JsonNode? Node(ParquetNode field, int row)
    {
        ArraySegment<ParquetCell>[] columns = [.. field.Columns.Select(column => new ArraySegment<ParquetCell>(_pages.Row(column, row)))];
        return ParquetRecord.Make(field, columns, value => field.Column is null ? Value(value) : Main(field, value));
    }

    JsonNode? Main(ParquetNode field, object? value) => value switch
    {
        long number when field.Name == "label" && _classes is not null =>
            number >= 0 && number < _classes.Count
                ? _classes[(int)number]
                : throw new InvalidDataException($"a label is {number}; there are {_classes.Count} classes"),
        ReadOnlyMemory<byte> text when field.Name is "messages" or "conversations" or "texts" => JsonNode.Parse(text.Span),
        _ => Value(value),
    };

    static JsonNode? Value(object? value) => value switch
    {
        null => null,
        long number => number,
        double number => double.IsFinite(number) ? number : null,
        ReadOnlyMemory<byte> text => s_utf8.GetString(text.Span),
        _ => Fault.Unreachable<JsonNode?>(value),
    };

    /// <summary>Names of classes that Hugging Face's library writes beside the schema.</summary>
    static IReadOnlyList<string>? Classes(IReadOnlyDictionary<string, string> notes)
    {
        if (!notes.TryGetValue("huggingface", out var text)) return null;
        try
        {
            return JsonNode.Parse(text)?["info"]?["features"]?["label"]?["names"] is JsonArray names
                ? [.. names.Select(name => name?.ToString() ?? "")]
                : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException("its note 'huggingface', which names the classes, is not valid JSON", error);
        }
    }
}
