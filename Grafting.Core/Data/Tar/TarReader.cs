using System.Globalization;
using System.Text;
using Grafting.Core.Checkpoints;
using Microsoft.Win32.SafeHandles;

namespace Grafting.Core.Data.Tar;

/// <summary>How a tar went on.</summary>
enum TarStep
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A folder, link, device or pipe.</summary>
    Other,

    /// <summary>The mark of the end.</summary>
    End,

    /// <summary>The file ends inside a member, or without the mark of the end.</summary>
    Cut,
}

/// <param name="Start">Offset of the first header, long names included.</param>
/// <param name="Offset">Of the content.</param>
readonly record struct TarMember(TarStep Step, string Name, long Start, long Offset, long Length)
{
    /// <summary>Offset of the next header.</summary>
    public long Next => Offset + ((Length + TarHeader.Size - 1) / TarHeader.Size * TarHeader.Size);
}

/// <summary>
/// Reads the headers of a tar: ustar, PAX, and GNU's long names. Contents are not read. Sparse files are refused, since their bytes
/// are not those of the file.
/// </summary>
sealed class TarReader(SafeFileHandle file, string path)
{
    const int MostExtension = 1 << 20;

    readonly long _length = RandomAccess.GetLength(file);

    /// <summary>Receives every block and extension that was read, for a fingerprint.</summary>
    public Action<ReadOnlyMemory<byte>>? OnHeader { get; init; }

    /// <param name="at">Where a header, or the end, is expected.</param>
    /// <exception cref="GraftException">Input: something else is there.</exception>
    public TarMember Read(long at)
    {
        var (start, longName, length) = (at, (string?)null, (long?)null);
        var block = new byte[TarHeader.Size];
        while (true)
        {
            if (_length - at < TarHeader.Size) return Cut(longName, start);
            RegularFile.ReadExactly(file, block, at, path, "a tar header");
            OnHeader?.Invoke(block);
            if (block.AsSpan().IndexOfAnyExcept((byte)0) < 0) return new TarMember(TarStep.End, "", start, at, 0);
            if (TarHeader.Parse(block) is not { } header)
                throw Fault.Input(
                    $"{path}: byte {at} is not a tar header, though one should be there.", "The shard is damaged; make it again.");
            at += TarHeader.Size;
            switch (header.Type)
            {
                case 'L' or 'K' or 'x' or 'g' when header.Length > MostExtension:
                    throw Fault.Input(
                        $"{path}: byte {at} begins a name of {header.Length} bytes; {MostExtension} are read.",
                        "The shard is damaged or malicious.");
                case 'L' or 'K' or 'x' or 'g' when header.Length > _length - at:
                    return Cut(longName, start);
                case 'L':
                    longName = TarHeader.Text(Extension(at, header.Length));
                    break;
                case 'x':
                    ReadPax(Extension(at, header.Length), at, ref longName, ref length);
                    break;
                case 'K' or 'g':
                    // The target of a link, and defaults for the whole archive such as a comment: nothing that a member's content depends
                    // on.
                    break;
                case 'S':
                    throw Sparse(longName ?? header.Name);
                default:
                    return Member(header, longName ?? header.Name, start, at, length ?? header.Length);
            }
            at = AfterContent(at, header.Length);
        }
    }

    TarMember Member(TarHeader header, string name, long start, long at, long length)
    {
        if (header.IsFile) return length > _length - at ? Cut(name, start) : new TarMember(TarStep.File, name, start, at, length);
        // Links, folders and devices have no content whatever their header says; unknown kinds may have one.
        if (header.Type is >= '1' and <= '6') length = 0;
        return length > _length - at ? Cut(name, start) : new TarMember(TarStep.Other, name, start, at, length);
    }

    static long AfterContent(long at, long length) => at + ((length + TarHeader.Size - 1) / TarHeader.Size * TarHeader.Size);

    static TarMember Cut(string? name, long start) => new(TarStep.Cut, name ?? "", start, start, 0);

    byte[] Extension(long at, long length)
    {
        var bytes = new byte[length];
        RegularFile.ReadExactly(file, bytes, at, path, "a tar header");
        OnHeader?.Invoke(bytes);
        return bytes;
    }

    /// <summary>Records <c>length key=value\n</c>; the length counts all of it.</summary>
    void ReadPax(ReadOnlySpan<byte> records, long at, ref string? name, ref long? length)
    {
        while (!records.IsEmpty && records[0] != 0)
        {
            var blank = records.IndexOf((byte)' ');
            if (blank < 1 || !int.TryParse(records[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
                || size <= blank + 1 || size > records.Length)
                throw Fault.Input($"{path}: byte {at} begins a damaged PAX header.", "The shard is damaged; make it again.");
            var record = Encoding.UTF8.GetString(records[(blank + 1)..(size - 1)]);
            var equals = record.IndexOf('=', StringComparison.Ordinal);
            var (key, value) = equals < 0 ? (record, "") : (record[..equals], record[(equals + 1)..]);
            if (key.StartsWith("GNU.sparse.", StringComparison.Ordinal)) throw Sparse(name ?? "");
            if (key == "path") name = value;
            if (key == "size")
            {
                length = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
                    ? bytes
                    : throw Fault.Input(
                        $"{path}: byte {at}: a PAX header gives the size {Printable.Quote(value)}.",
                        "The shard is damaged; make it again.");
            }
            records = records[size..];
        }
    }

    GraftException Sparse(string name) =>
        Fault.Input(
            $"{path}: its member {Printable.Quote(name)} is a sparse file, which is not read.", "Make the shard again without --sparse.");
}
