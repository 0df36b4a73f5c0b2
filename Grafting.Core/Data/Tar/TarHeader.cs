using System.Text;

namespace Grafting.Core.Data.Tar;

/// <summary>The block of a tar that introduces a member (POSIX.1-1988 ustar, with GNU's numbers of base 256).</summary>
/// <param name="Length">Bytes that the member has.</param>
readonly record struct TarHeader(string Name, long Length, char Type)
{
    /// <summary>Bytes of a block.</summary>
    public const int Size = 512;

    const int NameAt = 0, LengthAt = 124, ChecksumAt = 148, TypeAt = 156, MagicAt = 257, PrefixAt = 345, ChecksumLength = 8;

    public bool IsFile => Type is '0' or '\0' or '7';

    /// <summary>Whether a file that begins so is a tar: its first header has the right checksum, or it ends at once.</summary>
    public static bool Looks(ReadOnlySpan<byte> head) =>
        head.Length == Size && (head[0] != 0 ? ChecksumIsRight(head) : head.IndexOfAnyExcept((byte)0) < 0);

    /// <param name="block">512 bytes, not all zero.</param>
    /// <returns>Null when it is no header.</returns>
    public static TarHeader? Parse(ReadOnlySpan<byte> block)
    {
        if (!ChecksumIsRight(block) || Number(block.Slice(LengthAt, 12)) is not { } length) return null;
        var name = Text(block.Slice(NameAt, 100));
        // GNU's older format has the same magic with blanks, and other things where the prefix would be.
        if (block[MagicAt..].StartsWith("ustar\0"u8) && Text(block.Slice(PrefixAt, 155)) is { Length: > 0 } prefix)
            name = $"{prefix}/{name}";
        return new TarHeader(name, length, (char)block[TypeAt]);
    }

    /// <summary>The text up to the first NUL; bytes that are not UTF-8 become U+FFFD.</summary>
    public static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    static bool ChecksumIsRight(ReadOnlySpan<byte> block)
    {
        var sum = 0;
        for (var i = 0; i < Size; i++) sum += i is >= ChecksumAt and < ChecksumAt + ChecksumLength ? ' ' : block[i];
        return Number(block.Slice(ChecksumAt, ChecksumLength)) == sum;
    }

    /// <returns>
    /// Octal digits between blanks and NULs, or base 256 when the highest bit is set; null when it is neither, or negative.
    /// </returns>
    static long? Number(ReadOnlySpan<byte> field)
    {
        var value = 0L;
        if ((field[0] & 0x80) != 0)
        {
            if (field[0] != 0x80) return null;
            foreach (var part in field[1..])
            {
                if (value > long.MaxValue >> 8) return null;
                value = (value << 8) | part;
            }
            return value;
        }
        var digits = field.Trim((ReadOnlySpan<byte>)[(byte)' ', 0]);
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7') return null;
            value = (value << 3) | (uint)(digit - '0');
        }
        return value;
    }
}
