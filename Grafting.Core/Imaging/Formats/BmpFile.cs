namespace Grafting.Core.Imaging.Formats;

/// <summary>BMP: 1, 4 and 8 bits with palette, 16, 24 and 32 bits, bit fields, run-length compression, either row order.</summary>
sealed class BmpFile : ImageFile
{
    const int FileHeaderBytes = 14;
    const int MostColours = 65_536;
    const uint Raw = 0, RunLength8 = 1, RunLength4 = 2, BitFields = 3;

    readonly ReadOnlyMemory<byte> _file;
    readonly int _bits;
    readonly uint _compression;
    readonly bool _topDown;
    readonly long _dataOffset;
    readonly Palette _palette;
    readonly uint[] _masks;

    BmpFile(ReadOnlyMemory<byte> file, Header header, Palette palette, uint[] masks, long dataOffset)
        : base(ImageFormat.Bmp, header.Width, header.Height)
    {
        (_file, _bits, _compression, _topDown) = (file, header.Bits, header.Compression, header.TopDown);
        (_palette, _masks, _dataOffset) = (palette, masks, dataOffset);
    }

    readonly record struct Header(uint Size, int Width, int Height, bool TopDown, int Bits, uint Compression, uint Colours);

    public static BmpFile Open(ReadOnlyMemory<byte> file)
    {
        var reader = new ByteReader(file.Span);
        reader.MoveTo(10);
        long dataOffset = reader.Little32();
        var header = ReadHeader(ref reader);
        CheckSupported(header);
        var masks = ReadMasks(ref reader, header);
        var palette = new Palette();
        if (header.Bits <= 8)
        {
            int entryBytes = header.Size == 12 ? 3 : 4;
            // A file may say that it has more colours than it holds, and more than can be used.
            for (int i = 0; i < header.Colours && reader.Remaining >= entryBytes; i++)
            {
                var entry = reader.Take(entryBytes);
                if (i < 256) palette.Set(i, entry[2], entry[1], entry[0]);
            }
            // Some writers forget to count the palette.
            if (dataOffset <= FileHeaderBytes + header.Size) dataOffset = reader.Position;
        }
        return new BmpFile(file, header, palette, masks, dataOffset);
    }

    public override byte[] Decode()
    {
        var reader = new ByteReader(_file.Span);
        reader.MoveTo(_dataOffset);
        if (_compression is RunLength8 or RunLength4)
        {
            var indices = new byte[Width * Height];
            BmpRunLength.Decode(ref reader, Width, Height, _compression == RunLength4, indices);
            if (!_topDown) FlipRows(indices, Width);
            return _palette.ToRgb(indices);
        }
        // All of the bytes must be there before room for the pixels is made; a copy of the reader finds out.
        var ahead = reader;
        ahead.Take(RowBytes(padded: true) * (Height - 1) + RowBytes(padded: false));
        return _bits <= 8 ? DecodeIndexed(ref reader) : DecodeDirect(ref reader);
    }

    static Header ReadHeader(ref ByteReader reader)
    {
        uint size = reader.Little32();
        int start = reader.Position;
        Header header;
        if (size == 12)
        {
            int width = reader.Little16(), height = reader.Little16();
            reader.Take(2);
            header = new Header(size, width, height, false, reader.Little16(), Raw, 0);
        }
        else if (size is 40 or 52 or 56 or 64 or 108 or 124)
        {
            int width = (int)reader.Little32(), height = (int)reader.Little32();
            reader.Take(2);
            int bits = reader.Little16();
            uint compression = reader.Little32();
            reader.Take(12);
            header = new Header(
                size, width, height == int.MinValue ? 0 : Math.Abs(height), height < 0, bits, compression, reader.Little32());
        }
        else
        {
            throw new InvalidDataException($"its header has {size} bytes, which no known variant has");
        }
        if (header.Width <= 0 || header.Height <= 0) throw new InvalidDataException("its header gives no size");
        // Masks of a bit-field picture lie inside the longer headers and behind the short one.
        reader.MoveTo(start + (header.Compression == BitFields ? 40 : size) - 4);
        return header with { Colours = header.Colours == 0 && header.Bits <= 8 ? 1u << header.Bits : header.Colours };
    }

    static void CheckSupported(Header header)
    {
        bool supported = header.Compression switch
        {
            Raw => header.Bits is 1 or 4 or 8 or 16 or 24 or 32,
            RunLength8 => header.Bits == 8,
            RunLength4 => header.Bits == 4,
            BitFields => header.Bits is 16 or 32 && header.Size is not (12 or 64),
            _ => false,
        };
        if (!supported)
            throw new InvalidDataException($"{header.Bits} bits per pixel with compression {header.Compression} are not supported");
        if (header.Bits <= 8 && header.Colours > MostColours)
            throw new InvalidDataException($"it claims a palette of {header.Colours} colours; at most {MostColours} are read");
    }

    static uint[] ReadMasks(ref ByteReader reader, Header header)
    {
        uint[] masks = header.Bits == 16 ? [0x7C00, 0x03E0, 0x001F] : [0xFF0000, 0x00FF00, 0x0000FF];
        if (header.Compression != BitFields) return masks;
        uint[] given = [reader.Little32(), reader.Little32(), reader.Little32()];
        if (Array.TrueForAll(given, mask => mask == 0)) return masks;
        foreach (uint mask in given)
        {
            uint field = mask >> System.Numerics.BitOperations.TrailingZeroCount(mask);
            if (mask == 0 || (field & (field + 1)) != 0) throw new InvalidDataException($"its bit field {mask:x8} is not one run of bits");
        }
        return given;
    }

    byte[] DecodeIndexed(ref ByteReader reader)
    {
        var pixels = GC.AllocateUninitializedArray<byte>(3 * Width * Height);
        for (int y = 0; y < Height; y++) _palette.Paint(TakeRow(ref reader), _bits, pixels.AsSpan(3 * Width * y, 3 * Width));
        if (!_topDown) FlipRows(pixels, 3 * Width);
        return pixels;
    }

    byte[] DecodeDirect(ref ByteReader reader)
    {
        var pixels = GC.AllocateUninitializedArray<byte>(3 * Width * Height);
        int bytes = _bits / 8;
        for (int y = 0; y < Height; y++)
        {
            var row = TakeRow(ref reader);
            var target = pixels.AsSpan(3 * Width * y, 3 * Width);
            for (int x = 0; x < Width; x++)
            {
                uint pixel = 0;
                for (int i = 0; i < bytes; i++) pixel |= (uint)row[bytes * x + i] << 8 * i;
                for (int channel = 0; channel < 3; channel++) target[3 * x + channel] = Field(pixel, _masks[channel]);
            }
        }
        if (!_topDown) FlipRows(pixels, 3 * Width);
        return pixels;
    }

    /// <summary>Rows are padded to four bytes, though the last one of a file often is not.</summary>
    ReadOnlySpan<byte> TakeRow(ref ByteReader reader)
    {
        var row = reader.Take(RowBytes(padded: false));
        reader.Take(Math.Min(RowBytes(padded: true) - row.Length, reader.Remaining));
        return row;
    }

    long RowBytes(bool padded)
    {
        long used = ((long)Width * _bits + 7) / 8;
        return padded ? (used + 3) / 4 * 4 : used;
    }

    static byte Field(uint pixel, uint mask)
    {
        int shift = System.Numerics.BitOperations.TrailingZeroCount(mask);
        ulong value = (pixel & mask) >> shift, largest = mask >> shift;
        return (byte)(value * 255 / largest);
    }

    static void FlipRows(Span<byte> pixels, int rowBytes)
    {
        var spare = new byte[rowBytes];
        for (int top = 0, bottom = pixels.Length - rowBytes; top < bottom; top += rowBytes, bottom -= rowBytes)
        {
            pixels.Slice(top, rowBytes).CopyTo(spare);
            pixels.Slice(bottom, rowBytes).CopyTo(pixels[top..]);
            spare.CopyTo(pixels[bottom..]);
        }
    }
}
