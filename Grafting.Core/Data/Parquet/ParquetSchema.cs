namespace Grafting.Core.Data.Parquet;

/// <summary>Makes fields of the flat list that Parquet's footer holds.</summary>
sealed class ParquetSchema
{
    const int Required = 0, Repeated = 2, Utf8 = 0, ListType = 3, Json = 19;

    readonly IReadOnlyList<ThriftStruct> _elements;
    int _at, _column;

    ParquetSchema(IReadOnlyList<ThriftStruct> elements) => _elements = elements;

    /// <exception cref="InvalidDataException">The list contradicts itself.</exception>
    public static (IReadOnlyList<ParquetNode> Fields, int Columns) Read(IReadOnlyList<ThriftStruct> elements)
    {
        var schema = new ParquetSchema(elements);
        var root = schema.Node(0);
        if (schema._at != elements.Count) throw new InvalidDataException("its schema has elements that belong to no field");
        return ([.. root.Children.Select(field => Tree(field, 0, 0))], schema._column);
    }

    sealed record Element(
        string Name, ParquetType? Type, int Repetition, int Annotation, bool IsList, int Column, IReadOnlyList<Element> Children);

    Element Node(int depth)
    {
        if (depth > 32) throw new InvalidDataException("its schema is nested more than 32 deep");
        if (_at >= _elements.Count) throw new InvalidDataException("its schema ends too early");
        var element = _elements[_at++];
        var count = element.Number(5) ?? 0;
        if (count < 0 || count > _elements.Count) throw new InvalidDataException($"its schema has a group of {count} fields");
        var annotation = (int)(element.Number(6) ?? (element.Struct(10)?.Struct(1) is not null ? Utf8 : -1));
        var isList = annotation == ListType || element.Struct(10)?.Struct(3) is not null;
        // Only columns have a type; some writers give them a number of children too, 0.
        var isGroup = element.Number(1) is null;
        var type = isGroup ? (ParquetType?)null : (ParquetType)element.Required(1, "a column's type", 7);
        if (!isGroup && count > 0) throw new InvalidDataException("its schema has a column with fields below it");
        var column = isGroup ? -1 : _column++;
        var children = new List<Element>();
        for (var i = 0; i < count; i++) children.Add(Node(depth + 1));
        return new Element(element.Text(4) ?? "", type, (int)(element.Number(3) ?? Required), annotation, isList, column, children);
    }

    /// <param name="definition">Level from which what is around it is there.</param>
    /// <param name="repetition">Lists around it.</param>
    static ParquetNode Tree(Element element, int definition, int repetition)
    {
        // A field that is repeated by itself is a list that is always there.
        if (element.Repetition == Repeated)
            return List(element.Name, definition, repetition, Body(element, definition + 1, repetition + 1));
        if (element.Repetition != Required) definition++;
        if (!element.IsList || element.Children is not [{ Repetition: Repeated } inner]) return Body(element, definition, repetition);
        // A list is a group around a repeated one, which holds the item; older writers leave out one of the groups.
        var isItem = inner.Children is not [_] || inner.Name is "array" || inner.Name == $"{element.Name}_tuple";
        return List(
            element.Name, definition, repetition,
            isItem ? Body(inner, definition + 1, repetition + 1) : Tree(inner.Children[0], definition + 1, repetition + 1));
    }

    static ParquetNode List(string name, int definition, int repetition, ParquetNode item) =>
        new(name, definition, repetition + 1, null, true, [item]);

    static ParquetNode Body(Element element, int definition, int repetition)
    {
        if (element.Type is { } type)
            return new ParquetNode(
                element.Name, definition, 0, new ParquetColumn(element.Column, type, definition, repetition, IsText(element)), false, []);
        return element.Children.Count > 0
            ? new ParquetNode(
                element.Name, definition, 0, null, false, [.. element.Children.Select(child => Tree(child, definition, repetition))])
            : throw new InvalidDataException($"its schema has a group {Printable.Quote(element.Name)} without fields");
    }

    static bool IsText(Element element) => element.Annotation is Utf8 or Json;
}
