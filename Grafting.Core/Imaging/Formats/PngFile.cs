using System.IO.Compression;
using System.Text;
using Grafting.Core.Imaging.Codecs;

namespace Grafting.Core.Imaging.Formats;

/// <summary>PNG: size from IHDR, orientation from an eXIf chunk or from the text profile that ImageMagick writes.</summary>
sealed class PngFile : ImageFile
{
    const int ChecksumBytes = 4;
    const int MaxProfileBytes = 256 << 10;

    readonly ReadOnlyMemory<byte> _file;

    PngFile(ReadOnlyMemory<byte> file, int width, int height, int orientation)
        : base(ImageFormat.Png, width, height, orientation) => _file = file;

    public static PngFile Open(ReadOnlyMemory<byte> file)
    {
        var reader = new ByteReader(file.Span);
        reader.MoveTo(8);
        if (reader.Big32() != 13 || !reader.Take(4).SequenceEqual("IHDR"u8)) throw new InvalidDataException("its header gives no size");
        // The format allows 31 bits; clamping keeps a nonsensical size large, so that the limits refuse it.
        int width = (int)Math.Min(reader.Big32(), int.MaxValue);
        int height = (int)Math.Min(reader.Big32(), int.MaxValue);
        reader.MoveTo(33);
        return new PngFile(file, width, height, FindOrientation(reader));
    }

    /// <summary>Bits per sample, of a file whose header has been read.</summary>
    public static int BitDepth(ReadOnlySpan<byte> file) => file[24];

    public override byte[] Decode() => ImageCodec.Decode(Format, _file, Width, Height);

    /// <summary>Walks to the last chunk, which also shows whether the file is whole.</summary>
    static int FindOrientation(ByteReader chunks)
    {
        int orientation = 0;
        while (true)
        {
            uint length = chunks.Big32();
            var kind = chunks.Take(4);
            var content = chunks.Take(length);
            chunks.Take(ChecksumBytes);
            if (kind.SequenceEqual("IEND"u8)) return Math.Max(orientation, 1);
            if (orientation != 0) continue;
            if (kind.SequenceEqual("eXIf"u8)) orientation = Exif.Orientation(content);
            else if (ProfileText(kind, content) is { } text) orientation = Exif.Orientation(FromHex(text));
        }
    }

    /// <summary>"\nexif\n  LENGTH\nHEX..." under the key "Raw profile type exif", plain or compressed.</summary>
    static string? ProfileText(ReadOnlySpan<byte> kind, ReadOnlySpan<byte> content)
    {
        bool compressed = kind.SequenceEqual("zTXt"u8);
        if (!compressed && !kind.SequenceEqual("tEXt"u8)) return null;
        if (!content.StartsWith("Raw profile type exif\0"u8)) return null;
        content = content["Raw profile type exif\0".Length..];
        if (!compressed) return Encoding.Latin1.GetString(content[..Math.Min(content.Length, MaxProfileBytes)]);
        if (content.Length < 2 || content[0] != 0) return null;
        var text = new byte[MaxProfileBytes];
        using var inflater = new ZLibStream(new MemoryStream(content[1..].ToArray()), CompressionMode.Decompress);
        try
        {
            return Encoding.Latin1.GetString(text, 0, inflater.ReadAtLeast(text, text.Length, throwOnEndOfStream: false));
        }
        catch (InvalidDataException)
        {
            // Damaged metadata says nothing about the pixels; those have a checksum of their own.
            return null;
        }
    }

    static byte[] FromHex(string profile)
    {
        var lines = profile.Split('\n');
        if (lines.Length < 4) return [];
        var digits = string.Concat(lines[3..]).Trim();
        return digits.Length % 2 == 0 && digits.All(char.IsAsciiHexDigit) ? Convert.FromHexString(digits) : [];
    }
}
