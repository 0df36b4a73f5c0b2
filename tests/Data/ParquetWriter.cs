using System.Buffers.Binary;
using System.IO.Compression;
using static Grafting.Tests.Data.ThriftWriter;

namespace Grafting.Tests.Data;

/// <summary>How a Parquet file is written.</summary>
/// <param name="Codec">0 none, 1 Snappy, 2 gzip, 4 Brotli.</param>
sealed record ParquetStyle(int Codec = 0, bool NewPages = false, bool Dictionary = false, int GroupRows = 1000, int PageEntries = 1000)
{
    public override string ToString() =>
        $"codec {Codec}, v{(NewPages ? 2 : 1)}, {(Dictionary ? "dictionary" : "plain")}, {GroupRows}, {PageEntries}";
}

/// <summary>
/// An entry of a column: to which level it is defined, whether it goes on with the row before, and its value (bytes, a long or a double).
/// </summary>
readonly record struct WrittenEntry(int Definition, int Repetition, object? Value);

/// <summary>A column of a file to be written.</summary>
/// <param name="Rows">Entries of each row.</param>
sealed record WrittenColumn(string Path, int Type, int MaxDefinition, int MaxRepetition, IReadOnlyList<IReadOnlyList<WrittenEntry>> Rows);

/// <summary>
/// Writes Parquet files for the tests of its reader, from the format's own description (apache/parquet-format: README, Encodings,
/// parquet.thrift), so that reader and writer share no code.
/// </summary>
static class ParquetWriter
{
    /// <param name="schema">Elements as parquet.thrift's SchemaElement, the root first.</param>
    public static byte[] Write(IReadOnlyList<byte[]> schema, IReadOnlyList<WrittenColumn> columns, ParquetStyle style, string? note = null)
    {
        var file = new List<byte>("PAR1"u8.ToArray());
        var (rows, groups) = (columns[0].Rows.Count, new List<object>());
        for (var first = 0; first < rows; first += style.GroupRows)
        {
            var count = Math.Min(style.GroupRows, rows - first);
            var chunks = columns.Select(
                column => (object)new Nested(Chunk(file, column, [.. column.Rows.Skip(first).Take(count)], style))).ToArray();
            groups.Add(new Nested(Struct((1, chunks), (2, 0L), (3, (long)count))));
        }
        var notes = note is null ? null : (object)new object[] { new Nested(Struct((1, "huggingface"), (2, note))) };
        var footer = Struct(
            (1, 1), (2, schema.Select(element => (object)new Nested(element)).ToArray()), (3, (long)rows), (4, groups.ToArray()),
            (5, notes));
        file.AddRange(footer);
        file.AddRange(BitConverter.GetBytes(footer.Length));
        file.AddRange("PAR1"u8);
        return [.. file];
    }

    /// <summary>A SchemaElement.</summary>
    /// <param name="repetition">0 required, 1 optional, 2 repeated.</param>
    /// <param name="annotation">0 UTF-8, 3 list.</param>
    public static byte[] Element(string name, int? type = null, int? repetition = null, int? children = null, int? annotation = null) =>
        Struct((1, type), (3, repetition), (4, name), (5, children), (6, annotation));

    static byte[] Chunk(List<byte> file, WrittenColumn column, IReadOnlyList<IReadOnlyList<WrittenEntry>> rows, ParquetStyle style)
    {
        WrittenEntry[] entries = [.. rows.SelectMany(row => row)];
        long start = file.Count;
        long? dictionaryAt = null;
        Dictionary<string, int>? places = null;
        if (style.Dictionary)
        {
            places = new Dictionary<string, int>(StringComparer.Ordinal);
            var values = new List<object>();
            foreach (var entry in entries)
            {
                if (entry.Value is { } value && places.TryAdd(KeyOf(value), values.Count)) values.Add(value);
            }
            var plain = Plain(column.Type, values);
            var body = Compress(style.Codec, plain);
            dictionaryAt = file.Count;
            file.AddRange(Struct((1, 2), (2, plain.Length), (3, body.Length), (7, new Nested(Struct((1, values.Count), (2, 0))))));
            file.AddRange(body);
        }
        long dataAt = file.Count;
        foreach (var page in entries.Chunk(style.PageEntries)) Page(file, column, page, style, places);
        var meta = Struct(
            (1, column.Type), (2, new object[] { style.Dictionary ? 8 : 0, 3 }),
            (3, column.Path.Split('.').Select(part => (object)part).ToArray()), (4, style.Codec),
            (5, (long)entries.Length), (6, (long)(file.Count - start)), (7, (long)(file.Count - start)), (9, dataAt), (11, dictionaryAt));
        return Struct((2, start), (3, new Nested(meta)));
    }

    static void Page(List<byte> file, WrittenColumn column, WrittenEntry[] entries, ParquetStyle style, Dictionary<string, int>? places)
    {
        var present = entries.Where(entry => entry.Value is not null).Select(entry => entry.Value!).ToList();
        var repetition = column.MaxRepetition > 0 ? Levels([.. entries.Select(entry => entry.Repetition)], column.MaxRepetition) : [];
        var definition = column.MaxDefinition > 0 ? Levels([.. entries.Select(entry => entry.Definition)], column.MaxDefinition) : [];
        var values = places is null
            ? Plain(column.Type, present)
            : Indices([.. present.Select(value => places[KeyOf(value)])], places.Count);
        var encoding = places is null ? 0 : 8;
        if (style.NewPages)
        {
            var body = Compress(style.Codec, values);
            var own = Struct(
                (1, entries.Length), (2, entries.Length - present.Count), (3, entries.Count(entry => entry.Repetition == 0)),
                (4, encoding), (5, definition.Length),
                (6, repetition.Length), (7, style.Codec != 0));
            var size = repetition.Length + definition.Length;
            file.AddRange(Struct((1, 3), (2, size + values.Length), (3, size + body.Length), (8, new Nested(own))));
            file.AddRange([.. repetition, .. definition, .. body]);
            return;
        }
        byte[] counted(byte[] levels) => levels.Length == 0 ? [] : [.. BitConverter.GetBytes(levels.Length), .. levels];
        byte[] whole = [.. counted(repetition), .. counted(definition), .. values];
        var packed = Compress(style.Codec, whole);
        file.AddRange(
            Struct(
                (1, 0), (2, whole.Length), (3, packed.Length),
                (5, new Nested(Struct((1, entries.Length), (2, encoding), (3, 3), (4, 3))))));
        file.AddRange(packed);
    }

    static string KeyOf(object value) => value is byte[] bytes ? Convert.ToHexString(bytes) : FormattableString.Invariant($"{value}");

    static byte[] Plain(int type, IEnumerable<object> values) =>
    [
        .. values.SelectMany(value => type switch
        {
            1 => BitConverter.GetBytes((int)(long)value),
            2 => BitConverter.GetBytes((long)value),
            5 => BitConverter.GetBytes((double)value),
            _ => [.. BitConverter.GetBytes(((byte[])value).Length), .. (byte[])value],
        }),
    ];

    static byte[] Indices(int[] indices, int count)
    {
        var width = count <= 1 ? 0 : 32 - int.LeadingZeroCount(count - 1);
        return [(byte)width, .. Packed(indices, width)];
    }

    /// <summary>Run lengths for long runs, groups of eight for the rest, so that both halves of the encoding are written.</summary>
    static byte[] Levels(int[] levels, int most)
    {
        var width = 32 - int.LeadingZeroCount(most);
        var bytes = new List<byte>();
        for (var i = 0; i < levels.Length;)
        {
            var run = 1;
            while (i + run < levels.Length && levels[i + run] == levels[i]) run++;
            if (run >= 8)
            {
                VarInt(bytes, (ulong)run << 1);
                bytes.Add((byte)levels[i]);
                i += run;
                continue;
            }
            bytes.AddRange(Packed(levels[i..Math.Min(i + 8, levels.Length)], width));
            i += 8;
        }
        return [.. bytes];
    }

    static byte[] Packed(int[] numbers, int width)
    {
        var groups = (numbers.Length + 7) / 8;
        var bytes = new List<byte>();
        if (groups == 0) return [];
        VarInt(bytes, ((ulong)groups << 1) | 1);
        var bits = new byte[groups * width];
        for (var i = 0; i < numbers.Length; i++)
        {
            for (var bit = 0; bit < width; bit++)
            {
                if (((numbers[i] >> bit) & 1) != 0) bits[((i * width) + bit) / 8] |= (byte)(1 << (((i * width) + bit) % 8));
            }
        }
        bytes.AddRange(bits);
        return [.. bytes];
    }

    static byte[] Compress(int codec, byte[] data)
    {
        if (codec == 0) return data;
        if (codec == 1) return Snappy(data);
        using var packed = new MemoryStream();
        using (
            Stream stream = codec == 2
                ? new GZipStream(packed, CompressionLevel.Fastest, true)
                : new BrotliStream(packed, CompressionLevel.Fastest, true))
            stream.Write(data);
        return packed.ToArray();
    }

    /// <summary>
    /// Copies of four bytes and more where the same stood before, with each of the three kinds of copy; literals of all four lengths else.
    /// </summary>
    public static byte[] Snappy(byte[] data)
    {
        var bytes = new List<byte>();
        VarInt(bytes, (ulong)data.Length);
        var (seen, literal) = (new Dictionary<uint, int>(), 0);
        for (var i = 0; i + 4 <= data.Length;)
        {
            var key = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(i));
            var match = seen.TryGetValue(key, out var before) ? before : -1;
            seen[key] = i;
            if (match < 0)
            {
                i++;
                continue;
            }
            var (length, offset) = (4, i - match);
            while (length < 60 && i + length < data.Length && data[match + length] == data[i + length]) length++;
            Literal(bytes, data.AsSpan(literal, i - literal));
            if (length <= 11 && offset < 2048) bytes.AddRange([(byte)(1 | ((length - 4) << 2) | ((offset >> 8) << 5)), (byte)offset]);
            else if (offset < 65536) bytes.AddRange([(byte)(2 | ((length - 1) << 2)), (byte)offset, (byte)(offset >> 8)]);
            else bytes.AddRange([(byte)(3 | ((length - 1) << 2)), .. BitConverter.GetBytes(offset)]);
            i += length;
            literal = i;
        }
        Literal(bytes, data.AsSpan(literal));
        return [.. bytes];
    }

    static void Literal(List<byte> bytes, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty) return;
        var length = data.Length - 1;
        if (length < 60) bytes.Add((byte)(length << 2));
        else
        {
            var extra = length < 256 ? 1 : length < 65536 ? 2 : 3;
            bytes.Add((byte)((59 + extra) << 2));
            for (var i = 0; i < extra; i++) bytes.Add((byte)(length >> (8 * i)));
        }
        bytes.AddRange(data);
    }
}
