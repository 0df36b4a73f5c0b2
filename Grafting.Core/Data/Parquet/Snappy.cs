using System.Buffers.Binary;

namespace Grafting.Core.Data.Parquet;

/// <summary>Snappy's block format (google/snappy, format_description.txt).</summary>
static class Snappy
{
    /// <param name="target">Of exactly the length that the data unpack to.</param>
    /// <exception cref="InvalidDataException">Malformed, or of another length.</exception>
    public static void Decompress(ReadOnlySpan<byte> data, Span<byte> target)
    {
        int at = 0, done = 0;
        if (Length(data, ref at) != (uint)target.Length) throw new InvalidDataException("a page unpacks to another size than its header says");
        while (at < data.Length)
        {
            var tag = data[at++];
            if ((tag & 3) == 0)
            {
                var length = Literal(data, tag >> 2, ref at);
                if (length > data.Length - at || length > target.Length - done) throw Damaged();
                data.Slice(at, (int)length).CopyTo(target[done..]);
                (at, done) = (at + (int)length, done + (int)length);
                continue;
            }
            var extra = (tag & 3) switch { 1 => 1, 2 => 2, _ => 4 };
            if (extra > data.Length - at) throw Damaged();
            var (copied, offset) = (tag & 3) switch
            {
                1 => (((tag >> 2) & 7) + 4, (uint)((tag >> 5) << 8) | data[at]),
                2 => ((tag >> 2) + 1, BinaryPrimitives.ReadUInt16LittleEndian(data[at..])),
                _ => ((tag >> 2) + 1, BinaryPrimitives.ReadUInt32LittleEndian(data[at..])),
            };
            at += extra;
            if (offset == 0 || offset > (uint)done || copied > target.Length - done) throw Damaged();
            // A copy may read what it has just written, which repeats a pattern.
            for (var i = 0; i < copied; i++) target[done + i] = target[done + i - (int)offset];
            done += copied;
        }
        if (done != target.Length) throw Damaged();
    }

    static uint Length(ReadOnlySpan<byte> data, ref int at)
    {
        var length = 0UL;
        for (var shift = 0; shift < 35; shift += 7)
        {
            if (at == data.Length) throw Damaged();
            var part = data[at++];
            length |= (ulong)(part & 127) << shift;
            if (part < 128) return length <= uint.MaxValue ? (uint)length : throw Damaged();
        }
        throw Damaged();
    }

    static long Literal(ReadOnlySpan<byte> data, int length, ref int at)
    {
        if (length < 60) return length + 1;
        var (bytes, value) = (length - 59, 0L);
        if (bytes > data.Length - at) throw Damaged();
        for (var i = 0; i < bytes; i++) value |= (long)data[at++] << (8 * i);
        return value + 1;
    }

    static InvalidDataException Damaged() => new("a page is not valid Snappy");
}
