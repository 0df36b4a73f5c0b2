using System.Buffers.Binary;

namespace Grafting.Core.Imaging.Formats;

/// <summary>
/// Reads numbers off a file that may end anywhere: running out of bytes is an error with a sentence, never an index out of range.
/// </summary>
ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public readonly int Remaining => _bytes.Length - Position;

    public ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > Remaining) throw Truncated();
        var taken = _bytes.Slice(Position, (int)count);
        Position += (int)count;
        return taken;
    }

    public void MoveTo(long position)
    {
        if (position < 0 || position > _bytes.Length) throw Truncated();
        Position = (int)position;
    }

    /// <summary>Moves to the next occurrence of a byte.</summary>
    public void SkipTo(byte value)
    {
        int distance = _bytes[Position..].IndexOf(value);
        if (distance < 0) throw Truncated();
        Position += distance;
    }

    public byte Byte() => Take(1)[0];

    public ushort Little16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint Little32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ushort Big16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public uint Big32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    readonly InvalidDataException Truncated() => new($"the file ends early, after {_bytes.Length} bytes");
}
