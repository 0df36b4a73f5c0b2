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
        if (VarInt.Read(data, ref at) != (uint)target.Length)
            throw new InvalidDataException("a page unpacks to another size than its header says");
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
