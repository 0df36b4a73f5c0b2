namespace Grafting.Core.Imaging.Formats;

/// <summary>A picture file whose header has been read and whose pixels have not: size and orientation can be judged first.</summary>
/// <remarks>
/// Readers and decoders below this point report damage as <see cref="InvalidDataException"/>; <see cref="ImageReader"/> adds the file name.
/// </remarks>
abstract class ImageFile(ImageFormat format, int width, int height, int orientation = 1)
{
    public ImageFormat Format { get; } = format;

    /// <summary>Size as stored, before the orientation is applied.</summary>
    public int Width { get; } = width;

    public int Height { get; } = height;

    /// <summary>EXIF orientation, 1 to 8; 1 is upright.</summary>
    public int Orientation { get; } = orientation;

    /// <summary>The pixels as stored: 3 · Width · Height bytes.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or uses a variant that is not supported.</exception>
    public abstract byte[] Decode();

    public static ImageFile Open(ImageFormat format, ReadOnlyMemory<byte> file) => format switch
    {
        ImageFormat.Jpeg => JpegFile.Open(file),
        ImageFormat.Png => PngFile.Open(file),
        ImageFormat.WebP => WebpFile.Open(file),
        ImageFormat.Gif => GifFile.Open(file),
        ImageFormat.Bmp => BmpFile.Open(file),
        _ => Fault.Unreachable<ImageFile>(format),
    };
}
