using System.Buffers.Binary;

namespace Grafting.Core.Data.Parquet;

/// <summary>Values of a column: byte strings, or numbers.</summary>
sealed record ParquetValues(ReadOnlyMemory<byte>[]? Bytes, double[]? Doubles, long[]? Longs)
{
    /// <summary>Bytes that they take beside their page; 0 where they lie in it.</summary>
    public long Unpacked { get; private init; }

    public int Count => Bytes?.Length ?? Doubles?.Length ?? Longs!.Length;

    /// <summary>A <see cref="ReadOnlyMemory{T}"/> of bytes, a double or a long.</summary>
    public object At(int place)
    {
        if (Bytes is not null) return Bytes[place];
        if (Doubles is not null) return Doubles[place];
        return Longs![place];
    }

    public ParquetValues Pick(int[] indices)
    {
        var count = Count;
        foreach (var index in indices)
        {
            if ((uint)index >= (uint)count) throw new InvalidDataException($"an index into a dictionary is {index}; it has {count} values");
        }
        return new(
            Bytes is null ? null : Array.ConvertAll(indices, i => Bytes[i]),
            Doubles is null ? null : Array.ConvertAll(indices, i => Doubles[i]),
            Longs is null ? null : Array.ConvertAll(indices, i => Longs[i]));
    }

    /// <summary>Values as they stand one after another.</summary>
    /// <exception cref="InvalidDataException">The data end too early.</exception>
    public static ParquetValues Plain(ParquetType type, ReadOnlyMemory<byte> data, int count)
    {
        var span = data.Span;
        switch (type)
        {
            case ParquetType.Bytes:
                var (strings, at) = (new ReadOnlyMemory<byte>[Math.Min(count, data.Length / 4)], 0);
                if (strings.Length < count) throw TooShort();
                for (var i = 0; i < count; i++)
                {
                    if (data.Length - at < 4) throw TooShort();
                    var length = BinaryPrimitives.ReadInt32LittleEndian(span[at..]);
                    if (length < 0 || length > data.Length - at - 4) throw TooShort();
                    strings[i] = data.Slice(at + 4, length);
                    at += 4 + length;
                }
                return new(strings, null, null);
            case ParquetType.Boolean:
                if (count > 8L * data.Length) throw TooShort();
                var flags = new long[count];
                for (var i = 0; i < count; i++) flags[i] = (span[i / 8] >> (i % 8)) & 1;
                return new(null, null, flags);
            case ParquetType.Int32 or ParquetType.Int64:
                var width = type == ParquetType.Int32 ? 4 : 8;
                if ((long)count * width > data.Length) throw TooShort();
                var longs = new long[count];
                for (var i = 0; i < count; i++)
                    longs[i] = width == 4
                        ? BinaryPrimitives.ReadInt32LittleEndian(span[(4 * i)..])
                        : BinaryPrimitives.ReadInt64LittleEndian(span[(8 * i)..]);
                return new(null, null, longs);
            case ParquetType.Float or ParquetType.Double:
                var bytes = type == ParquetType.Float ? 4 : 8;
                if ((long)count * bytes > data.Length) throw TooShort();
                var doubles = new double[count];
                for (var i = 0; i < count; i++)
                    doubles[i] = bytes == 4
                        ? BinaryPrimitives.ReadSingleLittleEndian(span[(4 * i)..])
                        : BinaryPrimitives.ReadDoubleLittleEndian(span[(8 * i)..]);
                return new(null, doubles, null);
            default:
                throw new InvalidDataException($"a column that is needed is of type {type}, which is not read");
        }
    }

    /// <summary>Values in one of the encodings that the format's second version added, by parquet.thrift's numbers 5, 6, 7 and 9.</summary>
    /// <exception cref="InvalidDataException">Malformed, or not an encoding of the type.</exception>
    public static ParquetValues Encoded(ParquetType type, int encoding, ReadOnlyMemory<byte> data, int count)
    {
        if (count == 0) return Plain(type, ReadOnlyMemory<byte>.Empty, 0);
        var at = 0;
        return (encoding, type) switch
        {
            (5, ParquetType.Int64) => new(null, null, Delta.Numbers(data.Span, ref at, count)),
            // Numbers of 32 bits wrap around at 32 bits.
            (5, ParquetType.Int32) =>
                new(null, null, Array.ConvertAll(Delta.Numbers(data.Span, ref at, count), number => (long)(int)number)),
            (6, ParquetType.Bytes) => new(Delta.Strings(data, ref at, count), null, null),
            (7, ParquetType.Bytes) => Prefixed(data, count),
            (9, ParquetType.Int32 or ParquetType.Float) => Plain(type, Joined(data.Span, 4, count), count),
            (9, ParquetType.Int64 or ParquetType.Double) => Plain(type, Joined(data.Span, 8, count), count),
            _ => throw new InvalidDataException($"a column of type {type} has the encoding {encoding}, which is for other types"),
        };
    }

    static ParquetValues Prefixed(ReadOnlyMemory<byte> data, int count)
    {
        var strings = Delta.Prefixed(data, count);
        return new(strings, null, null) { Unpacked = strings.Sum(text => (long)text.Length) };
    }

    /// <summary>BYTE_STREAM_SPLIT: the first bytes of all values, then the second ones, and so on.</summary>
    static byte[] Joined(ReadOnlySpan<byte> data, int width, int count)
    {
        if ((long)count * width > data.Length) throw TooShort();
        var joined = new byte[count * width];
        for (var i = 0; i < joined.Length; i++) joined[i] = data[(i % width * count) + (i / width)];
        return joined;
    }

    static InvalidDataException TooShort() => new("a page ends too early");
}
