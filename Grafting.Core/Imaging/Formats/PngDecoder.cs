namespace Grafting.Core.Imaging.Formats;

/// <summary>
/// From the inflated pixel data of a PNG file to RGB: every depth and colour type, interlaced or not. Alpha is dropped. Samples of 16 bits
/// keep their high byte, but for those of plain grey, which Pillow holds as whole numbers and cuts off at 255 when it is asked for RGB.
/// </summary>
/// <remarks>No deadline is needed: the work is bounded by the picture's size, which has been judged.</remarks>
sealed class PngDecoder
{
    static readonly Pass[] s_whole = [new(0, 0, 1, 1)];

    /// <summary>Adam7.</summary>
    static readonly Pass[] s_interlaced =
    [
        new(0, 0, 8, 8), new(4, 0, 8, 8), new(0, 4, 4, 8), new(2, 0, 4, 4), new(0, 2, 2, 4), new(1, 0, 2, 2), new(0, 1, 1, 2),
    ];

    readonly PngHeader _header;
    readonly Palette? _colours;
    readonly Stream _inflated;
    readonly byte[] _pixels;

    PngDecoder(PngHeader header, Palette? palette, Stream inflated)
    {
        (_header, _inflated) = (header, inflated);
        // Grey of up to 8 bits is looked up, too.
        _colours = header is { IsColour: false, IsIndexed: false, HasAlpha: false, Depth: <= 8 } ? Palette.Grey(header.Depth) : palette;
        _pixels = GC.AllocateUninitializedArray<byte>(3 * header.Width * header.Height);
    }

    /// <summary>A picture of its own within the picture: every so many columns and rows from (X, Y) on.</summary>
    readonly record struct Pass(int X, int Y, int Across, int Down);

    /// <param name="palette">Of an indexed picture; not used for others.</param>
    /// <returns>3 · width · height bytes.</returns>
    /// <exception cref="InvalidDataException">The data is damaged or too short.</exception>
    public static byte[] Decode(PngHeader header, Palette? palette, Stream inflated)
    {
        var decoder = new PngDecoder(header, header.IsIndexed ? palette : null, inflated);
        foreach (var pass in header.IsInterlaced ? s_interlaced : s_whole) decoder.Read(pass);
        // Only the end of the stream tells whether its checksum is right; what else may follow is not needed.
        decoder.Inflate(new byte[1]);
        return decoder._pixels;
    }

    void Read(Pass pass)
    {
        int width = (_header.Width - pass.X + pass.Across - 1) / pass.Across,
            height = (_header.Height - pass.Y + pass.Down - 1) / pass.Down;
        if (width == 0 || height == 0) return;
        int rowBytes = (int)_header.RowBytes(width), pixelBytes = Math.Max(_header.PixelBits / 8, 1);
        var coded = new byte[1 + rowBytes + PngFilter.Slack];
        byte[] row = new byte[rowBytes + PngFilter.Slack], above = new byte[rowBytes + PngFilter.Slack];
        var line = new byte[3 * width];
        for (int y = 0; y < height; y++)
        {
            if (Inflate(coded.AsSpan(0, 1 + rowBytes)) < 1 + rowBytes) throw new InvalidDataException("its pixel data ends early");
            PngFilter.Undo(coded[0], coded.AsSpan(1), above, row, pixelBytes);
            var target = _pixels.AsSpan(3 * _header.Width * (pass.Y + pass.Down * y), 3 * _header.Width);
            if (pass.Across == 1)
            {
                ToRgb(row, target);
            }
            else
            {
                ToRgb(row, line);
                for (int x = 0; x < width; x++) line.AsSpan(3 * x, 3).CopyTo(target[(3 * (pass.X + pass.Across * x))..]);
            }
            (row, above) = (above, row);
        }
    }

    int Inflate(Span<byte> target)
    {
        try
        {
            return _inflated.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException damage)
        {
            throw new InvalidDataException("its pixel data is damaged", damage);
        }
    }

    void ToRgb(ReadOnlySpan<byte> row, Span<byte> rgb)
    {
        if (_colours is { } colours)
        {
            colours.Paint(row, _header.Depth, rgb);
        }
        else if (_header.PixelBits == 24)
        {
            row[..rgb.Length].CopyTo(rgb);
        }
        else if (_header.PixelBits == 16 && _header.Depth == 16)
        {
            for (int i = 0, at = 0; i < rgb.Length; i += 3, at += 2)
                rgb[i] = rgb[i + 1] = rgb[i + 2] = row[at] != 0 ? byte.MaxValue : row[at + 1];
        }
        else
        {
            int pixelBytes = _header.PixelBits / 8, next = _header.IsColour ? _header.Depth / 8 : 0;
            for (int i = 0, at = 0; i < rgb.Length; i += 3, at += pixelBytes)
                (rgb[i], rgb[i + 1], rgb[i + 2]) = (row[at], row[at + next], row[at + 2 * next]);
        }
    }
}
