using Grafting.Core.Imaging.Codecs;

namespace Grafting.Core.Imaging.Formats;

/// <summary>JPEG: walks through the markers for size and orientation, and to the last one, which shows whether the file is whole.</summary>
sealed class JpegFile : ImageFile
{
    // Each scan of a progressive file costs a pass over the whole picture, whatever its own length; encoders write about ten.
    const int MaxScans = 500;

    readonly ReadOnlyMemory<byte> _file;

    JpegFile(ReadOnlyMemory<byte> file, int width, int height, int orientation)
        : base(ImageFormat.Jpeg, width, height, orientation) => _file = file;

    public static JpegFile Open(ReadOnlyMemory<byte> file)
    {
        var reader = new ByteReader(file.Span);
        reader.MoveTo(2);
        int width = 0, height = 0, orientation = 0, scans = 0;
        while (true)
        {
            byte marker = NextMarker(ref reader);
            if (marker is >= 0xD0 and <= 0xD7 or 0x01) continue;
            if (marker == 0xD9) break;
            if (marker == 0xDA && ++scans > MaxScans) throw new InvalidDataException($"it has more than {MaxScans} scans");
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
        // Inside the coded pixels, FF is followed by 0; fill bytes of FF may stand before any marker.
        byte marker;
        do
        {
            reader.SkipTo(0xFF);
            do marker = reader.Byte();
            while (marker == 0xFF);
        }
        while (marker == 0);
        return marker;
    }

    /// <summary>SOF0 to SOF15, among which three numbers mean something else.</summary>
    static bool IsFrameHeader(byte marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);
}
