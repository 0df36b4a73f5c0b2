using System.Buffers.Binary;

namespace Grafting.Core.Data.Parquet;

/// <summary>A page, unpacked.</summary>
/// <param name="Definition">For each entry the level to which it is defined; null where all have values.</param>
/// <param name="Repetition">For each entry the level of the list that it goes on with, 0 where a row begins; null outside of lists.</param>
/// <param name="Places">For each entry its place among the values, −1 for none; null where entry and value are the same.</param>
/// <param name="Starts">First entry of each row that begins here; null outside of lists, where every entry is a row.</param>
/// <param name="Size">Bytes that it holds in memory, about.</param>
sealed record ParquetPage(int Entries, int[]? Definition, int[]? Repetition, int[]? Places, int[]? Starts, ParquetValues Values, long Size)
{
    const int MostEntries = 1 << 24;

    /// <param name="header">Of a data page, v1 or v2.</param>
    /// <param name="body">As it stands in the file.</param>
    /// <param name="dictionary">Null where the column has none.</param>
    /// <exception cref="InvalidDataException">Malformed, or encoded in a way that is not read.</exception>
    public static ParquetPage Decode(
        ParquetColumn column, int codec, ThriftStruct header, ReadOnlySpan<byte> body, Func<ParquetValues>? dictionary)
    {
        var size = header.Required(2, "a page's size");
        var isNew = header.Struct(8) is not null;
        var own = header.Struct(8) ?? header.Struct(5) ?? throw new InvalidDataException("a page has no header of its kind");
        var entries = own.Required(1, "a page's number of values", MostEntries);
        var encoding = own.Required(isNew ? 4 : 2, "a page's encoding");
        int[]? repetition = null, definition = null;
        ReadOnlyMemory<byte> rest;
        if (isNew)
        {
            var (definitions, repetitions) = (
                own.Required(5, "the length of its levels", body.Length), own.Required(6, "the length of its levels", body.Length));
            if ((long)definitions + repetitions > body.Length || definitions + repetitions > size)
                throw new InvalidDataException("its levels are longer than their page");
            repetition = Levels(body[..repetitions], column.MaxRepetition, entries);
            definition = Levels(body.Slice(repetitions, definitions), column.MaxDefinition, entries);
            var isPacked = own.Number(7) is null or 1;
            rest = PageCodec.Decompress(isPacked ? codec : 0, body[(definitions + repetitions)..], size - definitions - repetitions);
        }
        else
        {
            var unpacked = PageCodec.Decompress(codec, body, size).AsMemory();
            if (column.MaxRepetition > 0) repetition = Counted(ref unpacked, own.Number(4), column.MaxRepetition, entries);
            if (column.MaxDefinition > 0) definition = Counted(ref unpacked, own.Number(3), column.MaxDefinition, entries);
            rest = unpacked;
        }
        var (places, count) = PlacesOf(definition, column.MaxDefinition, entries);
        var values = encoding switch
        {
            0 => ParquetValues.Plain(column.Type, rest, count),
            2 or 8 when count == 0 => ParquetValues.Plain(column.Type, ReadOnlyMemory<byte>.Empty, 0),
            2 or 8 => FromDictionary(rest.Span, count, dictionary),
            3 when column.Type == ParquetType.Boolean => Flags(rest.Span, count),
            5 or 6 or 7 or 9 => ParquetValues.Encoded(column.Type, encoding, rest, count),
            _ => throw new InvalidDataException(
                $"a column that is needed has the encoding {encoding}; write the file with plain encodings"),
        };
        var starts = repetition is null ? null : Enumerable.Range(0, entries).Where(i => repetition[i] == 0).ToArray();
        return new ParquetPage(entries, definition, repetition, places, starts, values, Math.Max(size, values.Unpacked) + (entries * 24L));
    }

    /// <summary>Rows that begin in it.</summary>
    public int Rows => Starts?.Length ?? Entries;

    static int[]? Levels(ReadOnlySpan<byte> data, int most, int entries)
    {
        if (most == 0) return null;
        var levels = new int[entries];
        Hybrid.Decode(data, 32 - int.LeadingZeroCount(most), levels);
        return Array.TrueForAll(levels, level => level <= most) ? levels : throw new InvalidDataException($"a level is above {most}");
    }

    static int[]? Counted(ref Memory<byte> data, long? encoding, int most, int entries)
    {
        if (encoding is not (null or 3))
            throw new InvalidDataException("its levels are packed in the old way (BIT_PACKED), which is not read");
        if (data.Length < 4) throw new InvalidDataException("a page ends before its levels");
        var length = BinaryPrimitives.ReadInt32LittleEndian(data.Span);
        if (length < 0 || length > data.Length - 4) throw new InvalidDataException("its levels are longer than their page");
        var levels = Levels(data.Span.Slice(4, length), most, entries);
        data = data[(4 + length)..];
        return levels;
    }

    static (int[]? Places, int Count) PlacesOf(int[]? definition, int most, int entries)
    {
        if (definition is null) return (null, entries);
        var (places, count) = (new int[entries], 0);
        for (var i = 0; i < entries; i++) places[i] = definition[i] == most ? count++ : -1;
        return (places, count);
    }

    static ParquetValues FromDictionary(ReadOnlySpan<byte> data, int count, Func<ParquetValues>? dictionary)
    {
        if (dictionary is null) throw new InvalidDataException("a page refers to a dictionary that is not there");
        if (data.IsEmpty) throw new InvalidDataException("a page ends before its indices");
        var indices = new int[count];
        Hybrid.Decode(data[1..], data[0], indices);
        return dictionary().Pick(indices);
    }

    static ParquetValues Flags(ReadOnlySpan<byte> data, int count)
    {
        if (data.Length < 4) throw new InvalidDataException("a page ends too early");
        var flags = new int[count];
        Hybrid.Decode(data[4..], 1, flags);
        return new(null, null, Array.ConvertAll(flags, flag => (long)flag));
    }
}
