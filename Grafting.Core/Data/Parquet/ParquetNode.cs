namespace Grafting.Core.Data.Parquet;

/// <summary>How values are stored, by parquet.thrift's numbers.</summary>
enum ParquetType { Boolean, Int32, Int64, Int96, Float, Double, Bytes, FixedBytes }

/// <summary>A column of values.</summary>
/// <param name="Index">Among the file's columns.</param>
/// <param name="MaxDefinition">Level at which a value is there.</param>
/// <param name="MaxRepetition">Lists around it.</param>
/// <param name="IsText">Annotated as UTF-8.</param>
sealed record ParquetColumn(int Index, ParquetType Type, int MaxDefinition, int MaxRepetition, bool IsText);

/// <summary>A field, or a part of one: a value, a struct, or a list.</summary>
/// <param name="Definition">Level from which it is there; an item of a list is there from the next level.</param>
/// <param name="Repetition">Of a list, the level with which another item of it follows.</param>
/// <param name="Column">Of a value.</param>
/// <param name="Children">Fields of a struct, or what a list holds.</param>
sealed record ParquetNode(
    string Name, int Definition, int Repetition, ParquetColumn? Column, bool IsList, IReadOnlyList<ParquetNode> Children)
{
    /// <summary>All columns below it, in the file's order.</summary>
    public IReadOnlyList<ParquetColumn> Columns { get; } = Column is not null ? [Column] : [.. Children.SelectMany(child => child.Columns)];

    /// <summary>What a list holds, else itself.</summary>
    public ParquetNode Item => IsList ? Children[0] : this;

    /// <summary>Of a struct, the column of that name; null where it has none.</summary>
    public ParquetColumn? Field(string name) => IsList ? null : Children.FirstOrDefault(child => child.Name == name)?.Column;
}
