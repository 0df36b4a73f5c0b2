namespace Grafting.Core.Data.Parquet;

/// <summary>How values are stored, by parquet.thrift's numbers.</summary>
enum ParquetType { Boolean, Int32, Int64, Int96, Float, Double, Bytes, FixedBytes }

/// <summary>A column of values.</summary>
/// <param name="Index">Among the file's columns.</param>
/// <param name="Name">Within its field; empty for a field that is one column.</param>
/// <param name="MaxDefinition">Level at which a value is there.</param>
/// <param name="MaxRepetition">0 outside of lists, 1 in a list.</param>
/// <param name="ItemDefinition">Level from which a list has an item; 0 outside of lists.</param>
/// <param name="GroupDefinition">Level from which the struct that it belongs to is there.</param>
/// <param name="IsText">Annotated as UTF-8.</param>
sealed record ParquetColumn(
    int Index, string Name, ParquetType Type, int MaxDefinition, int MaxRepetition, int ItemDefinition, int GroupDefinition, bool IsText);

/// <summary>A top-level field: a value, a struct of values, or a list of either.</summary>
/// <param name="Columns">Empty for a field that is nested deeper.</param>
sealed record ParquetField(string Name, bool IsList, bool IsStruct, IReadOnlyList<ParquetColumn> Columns)
{
    public ParquetColumn? Column(string name) => Columns.FirstOrDefault(column => column.Name == name);
}

/// <summary>Makes fields of the flat list that Parquet's footer holds.</summary>
sealed class ParquetSchema
{
    const int Required = 0, Repeated = 2, Utf8 = 0, ListType = 3, Json = 19;

    readonly IReadOnlyList<ThriftStruct> _elements;
    int _at, _column;

    ParquetSchema(IReadOnlyList<ThriftStruct> elements) => _elements = elements;

    /// <exception cref="InvalidDataException">The list contradicts itself.</exception>
    public static (IReadOnlyList<ParquetField> Fields, int Columns) Read(IReadOnlyList<ThriftStruct> elements)
    {
        var schema = new ParquetSchema(elements);
        var root = schema.Node(0);
        if (schema._at != elements.Count) throw new InvalidDataException("its schema has elements that belong to no field");
        return ([.. root.Children.Select(Field)], schema._column);
    }

    sealed record Element(string Name, ParquetType? Type, int Repetition, int Annotation, bool IsList, int Column, IReadOnlyList<Element> Children);

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

    static ParquetField Field(Element top)
    {
        var (definition, repetition, item, node) = (0, 0, 0, top);
        Enter(top);
        // A list is a group around a repeated one, which holds the item; older writers leave out one of the groups.
        if (top.IsList && top.Children is [{ Repetition: Repeated } inner])
        {
            node = inner;
            Enter(inner);
            if (inner.Children is [var only] && !(inner.Name is "array" || inner.Name == $"{top.Name}_tuple"))
            {
                node = only;
                Enter(only);
            }
        }
        var isList = repetition > 0;
        if (node.Type is { } type)
            return new ParquetField(top.Name, isList, false, [new(node.Column, "", type, definition, repetition, item, 0, IsText(node))]);
        if (repetition > 1 || node.Children.Any(child => child.Type is null || child.Repetition == Repeated))
            return new ParquetField(top.Name, isList, true, []);
        return new ParquetField(top.Name, isList, true,
        [
            .. node.Children.Select(child => new ParquetColumn(
                child.Column, child.Name, child.Type!.Value, child.Repetition == Required ? definition : definition + 1, repetition, item, definition,
                IsText(child))),
        ]);

        void Enter(Element element)
        {
            if (element.Repetition != Required) definition++;
            if (element.Repetition != Repeated) return;
            repetition++;
            item = definition;
        }
    }

    static bool IsText(Element element) => element.Annotation is Utf8 or Json;
}
