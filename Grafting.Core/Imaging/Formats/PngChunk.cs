using System.Text;

namespace Grafting.Core.Imaging.Formats;

/// <summary>One chunk of a PNG file: four letters that tell its kind, and its content.</summary>
readonly ref struct PngChunk
{
    const int KindBytes = 4;

    readonly ReadOnlySpan<byte> _kindAndContent;
    readonly uint _checksum;

    PngChunk(ReadOnlySpan<byte> kindAndContent, uint checksum)
    {
        _kindAndContent = kindAndContent;
        _checksum = checksum;
    }

    public ReadOnlySpan<byte> Content => _kindAndContent[KindBytes..];

    public static PngChunk Read(ref ByteReader reader)
    {
        uint length = reader.Big32();
        return new PngChunk(reader.Take(KindBytes + (long)length), reader.Big32());
    }

    public bool Is(ReadOnlySpan<byte> kind) => _kindAndContent.StartsWith(kind);

    /// <summary>The content, of a chunk without which there is no picture.</summary>
    /// <exception cref="InvalidDataException">Its checksum is wrong.</exception>
    public ReadOnlySpan<byte> Verified() => Crc32.Of(_kindAndContent) == _checksum
        ? Content
        : throw new InvalidDataException($"the checksum of its {Encoding.ASCII.GetString(_kindAndContent[..KindBytes])} chunk is wrong");
}
