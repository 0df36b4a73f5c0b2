namespace Grafting.Core.Data.Parquet;

/// <summary>
/// Parquet's encodings by differences (apache/parquet-format, Encodings.md), which Polars, DuckDB and others write in their newer version.
/// </summary>
static class Delta
{
    /// <summary>Values of a block that any known writer makes; larger ones only ask for memory.</summary>
    const int MostInBlock = 1 << 20;

    /// <summary>DELTA_BINARY_PACKED: blocks of differences, packed with as many bits as the largest of a few needs.</summary>
    /// <param name="at">Moves behind them.</param>
    /// <exception cref="InvalidDataException">Malformed, or of another number.</exception>
    public static long[] Numbers(ReadOnlySpan<byte> data, ref int at, int count)
    {
        var (block, parts, total) = (VarInt.Read(data, ref at), VarInt.Read(data, ref at), VarInt.Read(data, ref at));
        if (total != (ulong)count) throw new InvalidDataException($"a page holds {total} differences; its header says {count}");
        if (block is 0 or > MostInBlock || parts == 0 || block % parts != 0 || block / parts % 8 != 0)
            throw new InvalidDataException($"a block of differences has {block} values in {parts} parts");
        var (numbers, size) = (new long[count], (int)(block / parts));
        var value = Signed(data, ref at);
        if (count > 0) numbers[0] = value;
        for (var done = 1; done < count;)
        {
            var least = Signed(data, ref at);
            if ((int)parts > data.Length - at) throw TooShort();
            var widths = data.Slice(at, (int)parts);
            at += widths.Length;
            // Parts behind the last value are left out, whatever width they are said to have.
            for (var part = 0; part < widths.Length && done < count; part++)
            {
                var width = widths[part];
                if (width > 64) throw new InvalidDataException($"its differences have {width} bits");
                if ((long)size * width / 8 > data.Length - at) throw TooShort();
                var packed = data.Slice(at, size * width / 8);
                at += packed.Length;
                // Differences wrap around, as the format says.
                for (var i = 0; i < size && done < count; i++)
                    numbers[done++] = value = unchecked(value + least + (long)Bits(packed, i * width, width));
            }
        }
        return numbers;
    }

    /// <summary>DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes.</summary>
    /// <inheritdoc cref="Numbers"/>
    public static ReadOnlyMemory<byte>[] Strings(ReadOnlyMemory<byte> data, ref int at, int count)
    {
        var lengths = Numbers(data.Span, ref at, count);
        var strings = new ReadOnlyMemory<byte>[count];
        for (var i = 0; i < count; i++)
        {
            if (lengths[i] < 0 || lengths[i] > data.Length - at) throw TooShort();
            strings[i] = data.Slice(at, (int)lengths[i]);
            at += (int)lengths[i];
        }
        return strings;
    }

    /// <summary>DELTA_BYTE_ARRAY: each begins with some bytes of the one before, whose numbers stand in front.</summary>
    /// <exception cref="InvalidDataException">Malformed.</exception>
    public static ReadOnlyMemory<byte>[] Prefixed(ReadOnlyMemory<byte> data, int count)
    {
        var (at, size, before) = (0, 0L, ReadOnlyMemory<byte>.Empty);
        var shared = Numbers(data.Span, ref at, count);
        var strings = Strings(data, ref at, count);
        for (var i = 0; i < count; i++)
        {
            if (shared[i] < 0 || shared[i] > before.Length)
                throw new InvalidDataException($"a text takes {shared[i]} bytes of the one before, which has {before.Length}");
            size += shared[i] + strings[i].Length;
            if (size > PageCodec.MostBytes) throw new InvalidDataException($"a page unpacks to more than {PageCodec.MostBytes} bytes");
            if (shared[i] > 0) strings[i] = (byte[])[.. before.Span[..(int)shared[i]], .. strings[i].Span];
            before = strings[i];
        }
        return strings;
    }

    /// <summary>Lowest bits first.</summary>
    static ulong Bits(ReadOnlySpan<byte> data, int at, int width)
    {
        var value = 0UL;
        for (var done = 0; done < width;)
        {
            var (shift, taken) = ((at + done) % 8, Math.Min(8 - ((at + done) % 8), width - done));
            value |= (ulong)((data[(at + done) / 8] >> shift) & ((1 << taken) - 1)) << done;
            done += taken;
        }
        return value;
    }

    static long Signed(ReadOnlySpan<byte> data, ref int at)
    {
        var value = VarInt.Read(data, ref at);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    static InvalidDataException TooShort() => new("its differences end too early");
}
