namespace Grafting.Core.Checkpoints;

/// <summary>One line of a safetensors header.</summary>
/// <param name="Shape">Sizes, outermost first; empty for a scalar.</param>
/// <param name="Begin">First byte, counted from the start of the data section.</param>
/// <param name="End">One past the last byte, counted from the start of the data section.</param>
public sealed record TensorEntry(string Name, TensorType Type, long[] Shape, long Begin, long End)
{
    public long ByteCount => End - Begin;

    public long ElementCount => ByteCount / Type.ByteSize();

    public override string ToString() => $"{Printable.Quote(Name)} {Type.Name()} [{string.Join(", ", Shape)}]";
}
