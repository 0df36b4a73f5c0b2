namespace Grafting.Core.Imaging.Formats;

/// <summary>What the first chunk of a PNG file says.</summary>
/// <param name="Depth">Bits per sample.</param>
/// <param name="IsColour">Red, green and blue, else grey or, with <paramref name="IsIndexed"/>, places in a palette.</param>
readonly record struct PngHeader(int Width, int Height, int Depth, bool IsColour, bool IsIndexed, bool HasAlpha, bool IsInterlaced)
{
    public const int Bytes = 13;

    public int PixelBits => ((IsColour ? 3 : 1) + (HasAlpha ? 1 : 0)) * Depth;

    /// <summary>Of a row of so many pixels, without the byte that names its filter.</summary>
    public long RowBytes(int width) => ((long)width * PixelBits + 7) / 8;

    /// <param name="content">Of the chunk.</param>
    public static PngHeader Parse(ReadOnlySpan<byte> content)
    {
        var reader = new ByteReader(content);
        // The format allows 31 bits; clamping keeps a nonsensical size large, so that the limits refuse it.
        int width = (int)Math.Min(reader.Big32(), int.MaxValue), height = (int)Math.Min(reader.Big32(), int.MaxValue);
        int depth = reader.Byte(), type = reader.Byte(), compression = reader.Byte(), filter = reader.Byte(), interlace = reader.Byte();
        bool exists = type switch
        {
            0 => depth is 1 or 2 or 4 or 8 or 16,
            3 => depth is 1 or 2 or 4 or 8,
            2 or 4 or 6 => depth is 8 or 16,
            _ => false,
        };
        if (!exists) throw new InvalidDataException($"colour type {type} with {depth} bits per sample does not exist");
        if (compression != 0 || filter != 0 || interlace > 1)
            throw new InvalidDataException(
                $"it names compression {compression}, filter {filter} and interlacing {interlace}, which do not exist");
        return new PngHeader(width, height, depth, type is 2 or 6, type == 3, type is 4 or 6, interlace == 1);
    }
}
