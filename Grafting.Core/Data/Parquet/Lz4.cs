using System.Buffers.Binary;

namespace Grafting.Core.Data.Parquet;

/// <summary>LZ4's block format (lz4/lz4, lz4_Block_format.md), which Parquet calls LZ4_RAW.</summary>
static class Lz4
{
    const int ShortestCopy = 4;

    /// <param name="target">Of exactly the length that the data unpack to.</param>
    /// <exception cref="InvalidDataException">Malformed, or of another length.</exception>
    public static void Decompress(ReadOnlySpan<byte> data, Span<byte> target)
    {
        int at = 0, done = 0;
        while (at < data.Length)
        {
            var token = data[at++];
            var literal = Length(data, token >> 4, ref at);
            if (literal > data.Length - at || literal > target.Length - done) throw Damaged();
            data.Slice(at, (int)literal).CopyTo(target[done..]);
            (at, done) = (at + (int)literal, done + (int)literal);
            // A block ends behind a literal.
            if (at == data.Length) break;
            if (data.Length - at < 2) throw Damaged();
            int offset = BinaryPrimitives.ReadUInt16LittleEndian(data[at..]);
            at += 2;
            var copied = Length(data, token & 15, ref at) + ShortestCopy;
            if (offset == 0 || offset > done || copied > target.Length - done) throw Damaged();
            // A copy may read what it has just written, which repeats a pattern.
            for (var end = done + (int)copied; done < end; done++) target[done] = target[done - offset];
        }
        if (done != target.Length) throw Damaged();
    }

    /// <summary>Fifteen means that more follows, up to a byte below 255.</summary>
    static long Length(ReadOnlySpan<byte> data, int head, ref int at)
    {
        long length = head;
        if (head < 15) return length;
        while (at < data.Length)
        {
            var more = data[at++];
            length += more;
            if (more < 255) return length;
        }
        throw Damaged();
    }

    static InvalidDataException Damaged() => new("a page is not valid LZ4");
}
