using System.IO.Compression;
using System.Text;

namespace Grafting.Core.Imaging.Formats;

/// <summary>PNG: size from IHDR, orientation from an eXIf chunk, from the text profile that ImageMagick writes, or from XMP.</summary>
sealed class PngFile : ImageFile
{
    const int SignatureBytes = 8;
    const int MaxProfileBytes = 256 << 10;

    /// <summary>What a byte of a deflate stream can become at most: 258 bytes for two bits.</summary>
    const int MostExpansion = 1032;

    readonly ReadOnlyMemory<byte> _file;
    readonly PngHeader _header;
    readonly Survey _survey;

    PngFile(ReadOnlyMemory<byte> file, PngHeader header, Survey survey)
        : base(ImageFormat.Png, header.Width, header.Height, survey.Orientation) => (_file, _header, _survey) = (file, header, survey);

    /// <param name="Palette">Null where the file has none in front of its pixels.</param>
    /// <param name="PixelsAt">Where the first chunk that holds pixels begins.</param>
    /// <param name="PackedBytes">Of the run of chunks that hold pixels.</param>
    readonly record struct Survey(int Orientation, Palette? Palette, int PixelsAt, long PackedBytes);

    public static PngFile Open(ReadOnlyMemory<byte> file)
    {
        var reader = new ByteReader(file.Span);
        reader.MoveTo(SignatureBytes);
        var first = PngChunk.Read(ref reader);
        if (!first.Is("IHDR"u8) || first.Content.Length != PngHeader.Bytes) throw new InvalidDataException("its header gives no size");
        return new PngFile(file, PngHeader.Parse(first.Verified()), Walk(reader));
    }

    public override byte[] Decode()
    {
        // Of no picture need more be believed than its bytes can hold; room for the pixels is made only then.
        if (_header.RowBytes(Width) * Height > _survey.PackedBytes * MostExpansion)
            throw new InvalidDataException("its pixel data ends early");
        if (_header.IsIndexed && _survey.Palette is null) throw new InvalidDataException("it has no palette in front of its pixels");
        using var inflated = new ZLibStream(new MemoryStream(PackedPixels()), CompressionMode.Decompress);
        return PngDecoder.Decode(_header, _survey.Palette, inflated);
    }

    byte[] PackedPixels()
    {
        var packed = new byte[_survey.PackedBytes];
        var reader = new ByteReader(_file.Span);
        reader.MoveTo(_survey.PixelsAt);
        for (int at = 0; at < packed.Length;)
        {
            var content = PngChunk.Read(ref reader).Verified();
            content.CopyTo(packed.AsSpan(at));
            at += content.Length;
        }
        return packed;
    }

    /// <summary>Walks to the last chunk, which also shows whether the file is whole.</summary>
    static Survey Walk(ByteReader reader)
    {
        var (pixelsAt, packed, inPixels) = (0, 0L, false);
        Palette? palette = null;
        int? exif = null, profile = null, xmp = null;
        while (true)
        {
            int at = reader.Position;
            var chunk = PngChunk.Read(ref reader);
            if (chunk.Is("IEND"u8)) return new(exif ?? profile ?? xmp ?? 1, palette, pixelsAt, packed);
            // Chunks with pixels follow each other without a gap; those behind one belong to no picture.
            inPixels = chunk.Is("IDAT"u8) && (inPixels || pixelsAt == 0);
            if (inPixels)
            {
                if (pixelsAt == 0) pixelsAt = at;
                packed += chunk.Content.Length;
            }
            else if (chunk.Is("PLTE"u8) && pixelsAt == 0) palette = ReadPalette(chunk.Verified());
            else if (chunk.Is("eXIf"u8)) exif ??= Exif.Find(chunk.Content);
            else if (chunk.Is("tEXt"u8) && AfterKey(chunk.Content, ProfileKey, out var plain)) profile ??= Exif.Find(FromHex(Cut(plain)));
            else if (chunk.Is("zTXt"u8) && AfterKey(chunk.Content, ProfileKey, out var zipped))
                profile ??= Exif.Find(FromHex(Compressed(zipped)));
            else if (chunk.Is("iTXt"u8) && AfterKey(chunk.Content, "XML:com.adobe.xmp\0"u8, out var text))
                xmp ??= Xmp.Orientation(International(text));
        }
    }

    static Palette ReadPalette(ReadOnlySpan<byte> content)
    {
        if (content.Length % 3 != 0 || content.Length > 768) throw new InvalidDataException($"its palette has {content.Length} bytes");
        var palette = new Palette();
        for (int i = 0; i < content.Length / 3; i++) palette.Set(i, content[3 * i], content[3 * i + 1], content[3 * i + 2]);
        return palette;
    }

    /// <summary>"\nexif\n  LENGTH\nHEX...", plain or compressed, as ImageMagick writes it.</summary>
    static ReadOnlySpan<byte> ProfileKey => "Raw profile type exif\0"u8;

    static bool AfterKey(ReadOnlySpan<byte> content, ReadOnlySpan<byte> key, out ReadOnlySpan<byte> rest)
    {
        rest = content.StartsWith(key) ? content[key.Length..] : default;
        return content.StartsWith(key);
    }

    /// <summary>
    /// The text behind the key of an iTXt chunk: a flag and a method of compression, a language and a translated key, which end with 0, and
    /// the text.
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
