using System.Buffers.Binary;
using System.Text;

namespace Grafting.Core.Text;

/// <summary>Reads the fields of one protobuf message, in the order in which they were written.</summary>
/// <remarks>
/// protobuf.dev, "Encoding": a field is a number with a kind (0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes).
/// </remarks>
internal ref struct ProtobufReader(ReadOnlySpan<byte> bytes)
{
    ReadOnlySpan<byte> rest = bytes;
    ulong number;
    ReadOnlySpan<byte> content;

    /// <summary>Number of the field last read.</summary>
    public int Field { get; private set; }

    /// <exception cref="FormatException">The bytes are no protobuf message.</exception>
    public bool Next()
    {
        if (rest.IsEmpty) return false;
        var tag = Varint();
        Field = tag >> 3 is > 0 and <= int.MaxValue ? (int)(tag >> 3) : throw new FormatException("a field has an impossible number");
        number = 0;
        content = default;
        switch (tag & 7)
        {
            case 0:
                number = Varint();
                break;
            case 1:
                content = Take(8);
                break;
            case 2:
                content = Take(Varint());
                break;
            case 5:
                content = Take(4);
                break;
            default:
                throw new FormatException($"field {Field} is of a kind that does not exist");
        }
        return true;
    }

    public readonly ReadOnlySpan<byte> Bytes => content;

    public readonly string Text => Encoding.UTF8.GetString(content);

    public readonly int Int => (int)number;

    public readonly bool Bool => number != 0;

    public readonly float Float => content.Length == 4
        ? BinaryPrimitives.ReadSingleLittleEndian(content) : throw new FormatException($"field {Field} is no number of four bytes");

    ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = Take(1)[0];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
        throw new FormatException("a number has more than ten bytes");
    }

    ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)rest.Length) throw new FormatException("it ends in the middle of a field");
        var taken = rest[..(int)length];
        rest = rest[(int)length..];
        return taken;
    }
}
