using System.Text.Json.Nodes;

namespace Grafting.Core.Data.Parquet;

/// <summary>
/// Puts a row together again from the entries of its columns: each says to which level of the schema it is defined, and which list it goes
/// on with (Melnik et al., Dremel, VLDB 2010).
/// </summary>
static class ParquetRecord
{
    /// <param name="columns">Entries of each column below the node, in the schema's order.</param>
    /// <param name="value">Of a column.</param>
    /// <exception cref="InvalidDataException">The columns contradict each other.</exception>
    public static JsonNode? Make(ParquetNode node, ReadOnlySpan<ArraySegment<ParquetCell>> columns, Func<object?, JsonNode?> value)
    {
        var first = columns[0][0];
        if (first.Definition < node.Definition) return null;
        if (node.Column is not null) return value(first.Value);
        if (node.IsList) return List(node, columns, value);
        var (json, at) = (new JsonObject(), 0);
        foreach (var child in node.Children)
        {
            var count = child.Columns.Count;
            json[child.Name] = Make(child, columns.Slice(at, count), value);
            at += count;
        }
        return json;
    }

    static JsonArray List(ParquetNode node, ReadOnlySpan<ArraySegment<ParquetCell>> columns, Func<object?, JsonNode?> value)
    {
        if (columns[0][0].Definition == node.Definition) return [];
        var items = new List<ArraySegment<ParquetCell>>[columns.Length];
        for (var i = 0; i < items.Length; i++) items[i] = Items(columns[i], node.Repetition);
        if (items.Any(column => column.Count != items[0].Count))
            throw new InvalidDataException($"the columns of the list {Printable.Quote(node.Name)} have different lengths");
        return [.. Enumerable.Range(0, items[0].Count)
            .Select(place => Make(node.Children[0], Array.ConvertAll(items, column => column[place]), value))];
    }

    /// <summary>An item begins with every entry that does not go on with a list further in.</summary>
    static List<ArraySegment<ParquetCell>> Items(ArraySegment<ParquetCell> entries, int repetition)
    {
        var (items, start) = (new List<ArraySegment<ParquetCell>>(), 0);
        for (var i = 1; i <= entries.Count; i++)
        {
            if (i < entries.Count && entries[i].Repetition > repetition) continue;
            items.Add(entries[start..i]);
            start = i;
        }
        return items;
    }
}
