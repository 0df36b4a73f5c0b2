using Grafting.Core.Imaging.Codecs;

namespace Grafting.Core.Imaging.Formats;

/// <summary>JPEG: finds size and orientation by walking the markers up to the first scan.</summary>
sealed class JpegFile : ImageFile
{
    readonly ReadOnlyMemory<byte> _file;

    JpegFile(ReadOnlyMemory<byte> file, int width, int height, int orientation)
        : base(ImageFormat.Jpeg, width, height, orientation) => _file = file;

    public static JpegFile Open(ReadOnlyMemory<byte> file)
    {
        var reader = new ByteReader(file.Span);
        reader.MoveTo(2);
        int width = 0, height = 0, orientation = 0;
        while (true)
        {
            byte marker = NextMarker(ref reader);
            if (marker is >= 0xD0 and <= 0xD7 or 0x01) continue;
            if (marker is 0xD9 or 0xDA) break;
            var segment = reader.Take(Math.Max(reader.Big16() - 2, 0));
            if (IsFrameHeader(marker) && width == 0)
            {
                var frame = new ByteReader(segment);
                frame.Byte();
                height = frame.Big16();
                width = frame.Big16();
            }
            else if (marker == 0xE1 && orientation == 0 && segment.StartsWith("Exif\0"u8))
            {
                orientation = Exif.Orientation(segment);
            }
        }
        if (width == 0 || height == 0) throw new InvalidDataException("its header gives no size");
        return new JpegFile(file, width, height, Math.Max(orientation, 1));
    }

    public override byte[] Decode() => ImageCodec.Decode(Format, _file, Width, Height);

    static byte NextMarker(ref ByteReader reader)
    {
        while (reader.Byte() != 0xFF) { }
        byte marker;
        do marker = reader.Byte();
        while (marker == 0xFF);
        return marker == 0 ? NextMarker(ref reader) : marker;
    }

    /// <summary>SOF0 to SOF15, among which three numbers mean something else.</summary>
    static bool IsFrameHeader(byte marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);
}
