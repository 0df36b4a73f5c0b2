namespace Grafting.Core.Imaging.Formats;

/// <summary>GIF: the first frame only, on its canvas; transparency is ignored, as when Pillow converts to RGB.</summary>
sealed class GifFile : ImageFile
{
    readonly ReadOnlyMemory<byte> _file;
    readonly Frame _frame;
    readonly Palette _palette;
    readonly byte _background;

    GifFile(ReadOnlyMemory<byte> file, int width, int height, Frame frame, Palette palette, byte background)
        : base(ImageFormat.Gif, width, height) => (_file, _frame, _palette, _background) = (file, frame, palette, background);

    /// <param name="DataOffset">Where the LZW stream starts, with the byte that gives its code size.</param>
    readonly record struct Frame(int X, int Y, int Width, int Height, bool Interlaced, int DataOffset);

    public static GifFile Open(ReadOnlyMemory<byte> file)
    {
        var reader = new ByteReader(file.Span);
        reader.MoveTo(6);
        int width = reader.Little16(), height = reader.Little16();
        byte flags = reader.Byte();
        reader.Take(2);
        var palette = new Palette();
        if ((flags & 0x80) != 0) palette = ReadPalette(ref reader, flags);

        // Around a frame that does not fill the canvas: its transparent index, else the first colour.
        byte background = 0;
        while (true)
        {
            byte introducer = reader.Byte();
            if (introducer == ';') throw new InvalidDataException("it holds no frame");
            if (introducer == '!')
            {
                if (reader.Byte() == 0xF9 && TransparentIndex(ref reader) is { } index) background = index;
                SkipBlocks(ref reader);
            }
            else if (introducer == ',')
            {
                break;
            }
        }
        int x = reader.Little16(), y = reader.Little16(), frameWidth = reader.Little16(), frameHeight = reader.Little16();
        flags = reader.Byte();
        if (frameWidth == 0 || frameHeight == 0) throw new InvalidDataException("its first frame is empty");
        if ((flags & 0x80) != 0) palette = ReadPalette(ref reader, flags);
        var frame = new Frame(x, y, frameWidth, frameHeight, (flags & 0x40) != 0, reader.Position);
        // The canvas grows when the frame reaches beyond it.
        return new GifFile(file, Math.Max(width, x + frameWidth), Math.Max(height, y + frameHeight), frame, palette, background);
    }

    public override byte[] Decode()
    {
        var indices = new byte[Width * Height];
        if (_background != 0) indices.AsSpan().Fill(_background);
        var lzw = new LzwReader(_file.Span[_frame.DataOffset..]);
        foreach (int row in _frame.Interlaced ? InterlacedRows(_frame.Height) : Enumerable.Range(0, _frame.Height))
            lzw.Read(indices.AsSpan((_frame.Y + row) * Width + _frame.X, _frame.Width));
        return _palette.ToRgb(indices);
    }

    static IEnumerable<int> InterlacedRows(int height)
    {
        foreach (var (start, step) in new[] { (0, 8), (4, 8), (2, 4), (1, 2) })
            for (int row = start; row < height; row += step) yield return row;
    }

    static Palette ReadPalette(ref ByteReader reader, byte flags)
    {
        var palette = new Palette();
        int count = 2 << (flags & 7);
        for (int i = 0; i < count; i++) palette.Set(i, reader.Byte(), reader.Byte(), reader.Byte());
        return palette;
    }

    static byte? TransparentIndex(ref ByteReader reader)
    {
        var control = reader.Take(reader.Byte());
        return control.Length >= 4 && (control[0] & 1) != 0 ? control[3] : null;
    }

    static void SkipBlocks(ref ByteReader reader)
    {
        int length;
        while ((length = reader.Byte()) != 0) reader.Take(length);
    }
}
