using System.Buffers.Binary;
using System.Security.Cryptography;
using Grafting.Core.Checkpoints;
using Microsoft.Win32.SafeHandles;

namespace Grafting.Core.Data.Parquet;

/// <summary>Where the pages of one column of a row group stand.</summary>
/// <param name="Start">Of the dictionary, or of the first page.</param>
/// <param name="Values">Nulls included.</param>
sealed record ParquetChunk(int Codec, long Values, long Start, long Length);

/// <param name="FirstRow">In the file.</param>
sealed record ParquetGroup(int FirstRow, int Rows, IReadOnlyList<ParquetChunk> Chunks);

/// <summary>What stands at the end of a Parquet file: its fields and where they are.</summary>
sealed record ParquetFooter(
    IReadOnlyList<ParquetNode> Fields, IReadOnlyList<ParquetGroup> Groups, int Rows, IReadOnlyDictionary<string, string> Notes,
    byte[] Digest)
{
    const int MostBytes = 256 << 20, TailLength = 8;

    /// <exception cref="InvalidDataException">Malformed.</exception>
    public static ParquetFooter Read(SafeFileHandle file, string path)
    {
        var length = RandomAccess.GetLength(file);
        if (length < TailLength + 4) throw new InvalidDataException("it is cut short");
        Span<byte> tail = stackalloc byte[TailLength];
        RegularFile.ReadExactly(file, tail, length - TailLength, path, "its last bytes");
        if (!tail[4..].SequenceEqual("PAR1"u8))
            throw new InvalidDataException("it does not end as a Parquet file does, so that it is cut short or damaged");
        long size = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        if (size > MostBytes || size > length - TailLength - 4) throw new InvalidDataException($"its footer claims {size} bytes");
        var bytes = new byte[size];
        RegularFile.ReadExactly(file, bytes, length - TailLength - size, path, "its footer");
        try
        {
            return Read(new ThriftReader(bytes).ReadStruct(), length - TailLength - size) with { Digest = SHA256.HashData(bytes) };
        }
        catch (EndOfStreamException error)
        {
            throw new InvalidDataException("its footer ends too early", error);
        }
    }

    static ParquetFooter Read(ThriftStruct root, long end)
    {
        if (root.Struct(8) is not null) throw new InvalidDataException("it is encrypted");
        var (fields, columns) = ParquetSchema.Read([.. root.Structs(2)]);
        var (groups, rows) = (new List<ParquetGroup>(), 0L);
        foreach (var group in root.Structs(4))
        {
            var count = group.Required(3, "the rows of a row group");
            ParquetChunk[] chunks = [.. group.Structs(1).Select(chunk => Chunk(chunk, end))];
            if (chunks.Length != columns)
                throw new InvalidDataException($"a row group has {chunks.Length} columns, and the schema {columns}");
            groups.Add(new ParquetGroup((int)rows, count, chunks));
            rows += count;
            if (rows > Array.MaxLength) throw new InvalidDataException($"it claims more than {Array.MaxLength} rows");
        }
        if (root.RequiredLong(3, "the number of rows") != rows)
            throw new InvalidDataException($"it claims {root.Number(3)} rows, and its row groups hold {rows}");
        var notes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var note in root.Structs(5)) notes[note.Text(1) ?? ""] = note.Text(2) ?? "";
        return new ParquetFooter(fields, groups, (int)rows, notes, []);
    }

    static ParquetChunk Chunk(ThriftStruct chunk, long end)
    {
        if (chunk.Text(1) is { Length: > 0 } elsewhere)
            throw new InvalidDataException($"a column is in another file, {Printable.Quote(elsewhere)}");
        var meta = chunk.Struct(3) ?? throw new InvalidDataException("a column has no metadata");
        var start = meta.RequiredLong(9, "a column's offset", end);
        // Some writers put 0 where there is no dictionary.
        if (meta.Number(11) is { } dictionary and > 0 && dictionary < start) start = dictionary;
        var length = meta.RequiredLong(7, "a column's size", end - start);
        return new ParquetChunk(meta.Required(4, "a column's codec"), meta.RequiredLong(5, "a column's number of values"), start, length);
    }
}
