using System.Buffers.Binary;
using Grafting.Core.Imaging.Codecs;

namespace Grafting.Core.Imaging.Formats;

/// <summary>
/// WebP: walks the RIFF chunks for canvas size, orientation and the first frame. An animation's first frame is handed to the codec
/// as a still picture and placed on a black canvas.
/// </summary>
sealed class WebpFile : ImageFile
{
    readonly ReadOnlyMemory<byte> _still;
    readonly (int X, int Y, int Width, int Height) _frame;

    WebpFile(ReadOnlyMemory<byte> still, (int X, int Y, int Width, int Height) frame, int width, int height, int orientation)
        : base(ImageFormat.WebP, width, height, orientation) => (_still, _frame) = (still, frame);

    public static WebpFile Open(ReadOnlyMemory<byte> file)
    {
        var reader = new ByteReader(file.Span);
        reader.MoveTo(4);
        long end = 8L + reader.Little32();
        if (end > file.Length) throw new InvalidDataException($"the file ends early: {file.Length} of {end} bytes are there");
        reader.MoveTo(12);

        (int Width, int Height)? canvas = null;
        (int X, int Y, int Width, int Height)? frame = null;
        var still = file;
        int orientation = 1;
        while (reader.Position + 8 <= end)
        {
            var kind = reader.Take(4);
            uint length = reader.Little32();
            int start = reader.Position;
            var content = reader.Take(length);
            if (length % 2 == 1 && reader.Remaining > 0) reader.Byte();
            if (kind.SequenceEqual("VP8X"u8) && canvas is null)
            {
                if (content.Length < 10) throw new InvalidDataException("its header gives no size");
                canvas = (Number24(content[4..]) + 1, Number24(content[7..]) + 1);
            }
            else if (IsBitstream(kind) && frame is null)
            {
                var (width, height) = BitstreamSize(kind, content);
                frame = (0, 0, width, height);
                canvas = (width, height);
            }
            else if (kind.SequenceEqual("ANMF"u8) && frame is null)
            {
                if (content.Length < 16) throw new InvalidDataException("its first frame has no header");
                frame = (2 * Number24(content), 2 * Number24(content[3..]), Number24(content[6..]) + 1, Number24(content[9..]) + 1);
                still = StillPicture(content[16..]);
            }
            else if (kind.SequenceEqual("EXIF"u8))
            {
                orientation = Exif.Orientation(content);
            }
        }
        if (canvas is not { } size || frame is not { } first) throw new InvalidDataException("it holds no picture");
        if (first.X + (long)first.Width > size.Width || first.Y + (long)first.Height > size.Height)
            throw new InvalidDataException("its first frame reaches beyond the canvas");
        return new WebpFile(still, first, size.Width, size.Height, orientation);
    }

    public override byte[] Decode()
    {
        var pixels = ImageCodec.Decode(Format, _still, _frame.Width, _frame.Height);
        if (_frame.Width == Width && _frame.Height == Height) return pixels;
        var canvas = new byte[3 * Width * Height];
        for (int y = 0; y < _frame.Height; y++)
            pixels.AsSpan(3 * _frame.Width * y, 3 * _frame.Width).CopyTo(canvas.AsSpan(3 * (Width * (_frame.Y + y) + _frame.X)));
        return canvas;
    }

    /// <summary>A file of its own around the frame's colours; the separate alpha chunk is left out, as alpha is not used.</summary>
    static byte[] StillPicture(ReadOnlySpan<byte> frameChunks)
    {
        var reader = new ByteReader(frameChunks);
        while (reader.Remaining >= 8)
        {
            var kind = reader.Take(4);
            uint length = reader.Little32();
            var content = reader.Take(length);
            if (length % 2 == 1 && reader.Remaining > 0) reader.Byte();
            if (!IsBitstream(kind)) continue;
            int padded = content.Length + content.Length % 2;
            var file = new byte[20 + padded];
            "RIFF"u8.CopyTo(file);
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), 12 + padded);
            "WEBP"u8.CopyTo(file.AsSpan(8));
            kind.CopyTo(file.AsSpan(12));
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(16), content.Length);
            content.CopyTo(file.AsSpan(20));
            return file;
        }
        throw new InvalidDataException("its first frame holds no picture");
    }

    static bool IsBitstream(ReadOnlySpan<byte> kind) => kind.SequenceEqual("VP8 "u8) || kind.SequenceEqual("VP8L"u8);

    static (int Width, int Height) BitstreamSize(ReadOnlySpan<byte> kind, ReadOnlySpan<byte> content)
    {
        if (kind.SequenceEqual("VP8L"u8))
        {
            if (content.Length < 5 || content[0] != 0x2F) throw new InvalidDataException("its header gives no size");
            uint bits = BinaryPrimitives.ReadUInt32LittleEndian(content[1..]);
            return ((int)(bits & 0x3FFF) + 1, (int)(bits >> 14 & 0x3FFF) + 1);
        }
        if (content.Length < 10 || !content[3..].StartsWith((ReadOnlySpan<byte>)[0x9D, 0x01, 0x2A]))
            throw new InvalidDataException("its header gives no size");
        return (
            BinaryPrimitives.ReadUInt16LittleEndian(content[6..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(content[8..]) & 0x3FFF);
    }

    static int Number24(ReadOnlySpan<byte> bytes) => bytes[0] | bytes[1] << 8 | bytes[2] << 16;
}
