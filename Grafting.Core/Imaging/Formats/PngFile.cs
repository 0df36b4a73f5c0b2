using System.IO.Compression;
using System.Text;
using Grafting.Core.Imaging.Codecs;

namespace Grafting.Core.Imaging.Formats;

/// <summary>PNG: size from IHDR, orientation from an eXIf chunk, from the text profile that ImageMagick writes, or from XMP.</summary>
sealed class PngFile : ImageFile
{
    const int ChecksumBytes = 4;
    const int MaxProfileBytes = 256 << 10;

    /// <summary>What a byte of a deflate stream can become at most: 258 bytes for two bits.</summary>
    const int MostExpansion = 1032;

    readonly ReadOnlyMemory<byte> _file;
    readonly long _packedBytes;

    PngFile(ReadOnlyMemory<byte> file, int width, int height, Survey survey)
        : base(ImageFormat.Png, width, height, survey.Orientation) => (_file, _packedBytes) = (file, survey.PackedBytes);

    /// <param name="PackedBytes">Of the chunks that hold pixels.</param>
    readonly record struct Survey(int Orientation, long PackedBytes);

    public static PngFile Open(ReadOnlyMemory<byte> file)
    {
        var reader = new ByteReader(file.Span);
        reader.MoveTo(8);
        if (reader.Big32() != 13 || !reader.Take(4).SequenceEqual("IHDR"u8)) throw new InvalidDataException("its header gives no size");
        // The format allows 31 bits; clamping keeps a nonsensical size large, so that the limits refuse it.
        int width = (int)Math.Min(reader.Big32(), int.MaxValue);
        int height = (int)Math.Min(reader.Big32(), int.MaxValue);
        reader.MoveTo(33);
        return new PngFile(file, width, height, Walk(reader));
    }

    /// <summary>Bits per sample, of a file whose header has been read.</summary>
    public static int BitDepth(ReadOnlySpan<byte> file) => file[24];

    /// <summary>Whether a file, whose header has been read, holds grey levels without alpha.</summary>
    public static bool IsGrey(ReadOnlySpan<byte> file) => file[25] == 0;

    public override byte[] Decode()
    {
        // Of no picture need more be believed than its bytes can hold; room for the pixels is made only then.
        long rowBytes = ((long)Width * BitDepth(_file.Span) * Samples(_file.Span) + 7) / 8;
        if (rowBytes * Height > _packedBytes * MostExpansion) throw new InvalidDataException("its pixel data ends early");
        return ImageCodec.Decode(Format, _file, Width, Height);
    }

    /// <summary>Per pixel; 0 for a colour type that does not exist, which the decoder refuses.</summary>
    static int Samples(ReadOnlySpan<byte> file) => file[25] switch
    {
        0 or 3 => 1,
        4 => 2,
        2 => 3,
        6 => 4,
        _ => 0,
    };

    /// <summary>Walks to the last chunk, which also shows whether the file is whole.</summary>
    static Survey Walk(ByteReader chunks)
    {
        long packed = 0;
        int? exif = null, profile = null, xmp = null;
        while (true)
        {
            uint length = chunks.Big32();
            var kind = chunks.Take(4);
            var content = chunks.Take(length);
            chunks.Take(ChecksumBytes);
            if (kind.SequenceEqual("IEND"u8)) return new(exif ?? profile ?? xmp ?? 1, packed);
            if (kind.SequenceEqual("IDAT"u8)) packed += length;
            else if (kind.SequenceEqual("eXIf"u8)) exif ??= Exif.Find(content);
            else if (kind.SequenceEqual("tEXt"u8) && AfterKey(content, ProfileKey, out var plain)) profile ??= Exif.Find(FromHex(Cut(plain)));
            else if (kind.SequenceEqual("zTXt"u8) && AfterKey(content, ProfileKey, out var zipped)) profile ??= Exif.Find(FromHex(Compressed(zipped)));
            else if (kind.SequenceEqual("iTXt"u8) && AfterKey(content, "XML:com.adobe.xmp\0"u8, out var text)) xmp ??= Xmp.Orientation(International(text));
        }
    }

    /// <summary>"\nexif\n  LENGTH\nHEX...", plain or compressed, as ImageMagick writes it.</summary>
    static ReadOnlySpan<byte> ProfileKey => "Raw profile type exif\0"u8;

    static bool AfterKey(ReadOnlySpan<byte> content, ReadOnlySpan<byte> key, out ReadOnlySpan<byte> rest)
    {
        rest = content.StartsWith(key) ? content[key.Length..] : default;
        return content.StartsWith(key);
    }

    /// <summary>
    /// The text behind the key of an iTXt chunk: a flag and a method of compression, a language and a translated key, which end with 0, and the text.
    /// </summary>
    static ReadOnlySpan<byte> International(ReadOnlySpan<byte> content)
    {
        if (content.Length < 2) return [];
        var text = content[2..];
        for (int i = 0; i < 2; i++)
        {
            int end = text.IndexOf((byte)0);
            if (end < 0) return [];
            text = text[(end + 1)..];
        }
        if (content[0] == 0) return Cut(text);
        return content[1] == 0 ? Unpack(text) : [];
    }

    static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> text) => text[..Math.Min(text.Length, MaxProfileBytes)];

    /// <param name="content">The method of compression, of which there is one, and what it made.</param>
    static ReadOnlySpan<byte> Compressed(ReadOnlySpan<byte> content) => content.Length > 1 && content[0] == 0 ? Unpack(content[1..]) : [];

    static ReadOnlySpan<byte> Unpack(ReadOnlySpan<byte> packed)
    {
        var text = new byte[MaxProfileBytes];
        using var inflater = new ZLibStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress);
        try
        {
            return text.AsSpan(0, inflater.ReadAtLeast(text, text.Length, throwOnEndOfStream: false));
        }
        catch (InvalidDataException)
        {
            // Damaged metadata says nothing about the pixels; those have a checksum of their own.
            return [];
        }
    }

    static byte[] FromHex(ReadOnlySpan<byte> profile)
    {
        var lines = Encoding.Latin1.GetString(profile).Split('\n');
        if (lines.Length < 4) return [];
        var digits = string.Concat(lines[3..]).Trim();
        return digits.Length % 2 == 0 && digits.All(char.IsAsciiHexDigit) ? Convert.FromHexString(digits) : [];
    }
}
