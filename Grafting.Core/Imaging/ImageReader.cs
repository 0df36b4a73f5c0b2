using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging.Codecs;
using Grafting.Core.Imaging.Formats;

namespace Grafting.Core.Imaging;

/// <summary>
/// Reads JPEG, PNG, WebP, GIF (the first frame) and BMP files into RGB pictures, upright unless asked otherwise, with the pixels that
/// Pillow's <c>ImageOps.exif_transpose(Image.open(f)).convert("RGB")</c> gives: alpha is dropped without compositing, and grey of 16 bits
/// is cut off at 255 rather than scaled.
/// </summary>
/// <remarks>
/// Files are not trusted. The format is recognised by content, the size is checked against <see cref="ImageLimits"/> before a pixel
/// is decoded, and a damaged or truncated file is an error, never a half-grey picture.
/// </remarks>
public static class ImageReader
{
    /// <exception cref="GraftException">
    /// Of kind <see cref="ErrorKind.Input"/>: the file is missing, not a picture, too large or damaged.
    /// </exception>
    public static RgbImage Read(string path, ImageLimits? limits = null, ExifOrientation orientation = ExifOrientation.Apply) =>
        Decode(ReadFile(path, limits), path, limits, orientation);

    /// <summary>The bytes of a picture file, where it is a file and within the limits.</summary>
    /// <exception cref="GraftException">As <see cref="Read"/>.</exception>
    public static byte[] ReadFile(string path, ImageLimits? limits = null) =>
        RegularFile.ReadAll(path, (int)(limits ?? ImageLimits.Default).Validate().MaxFileBytes);

    /// <param name="file">The whole file.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <exception cref="GraftException">As <see cref="Read"/>.</exception>
    public static RgbImage Decode(
        ReadOnlyMemory<byte> file, string name, ImageLimits? limits = null, ExifOrientation orientation = ExifOrientation.Apply) =>
        Open(file, name, limits, picture =>
        {
            var stored = new RgbImage(picture.Width, picture.Height, picture.Decode());
            return orientation == ExifOrientation.Apply ? Orientation.Apply(stored, picture.Orientation) : stored;
        });

    /// <summary>What a file's header says; no pixel is decoded.</summary>
    /// <exception cref="GraftException">As <see cref="Read"/>, but for damage that only the pixels show.</exception>
    public static PictureInfo Inspect(ReadOnlyMemory<byte> file, string name, ImageLimits? limits = null) =>
        Open(file, name, limits, picture => new PictureInfo(NameOf(picture.Format), picture.Width, picture.Height, picture.Orientation));

    /// <summary>The libraries behind this reader, with what is known against their versions.</summary>
    public static IReadOnlyList<CodecInfo> Codecs() => ImageCodec.Codecs();

    /// <summary>Hands a picture over once its size is known to be harmless.</summary>
    static T Open<T>(ReadOnlyMemory<byte> file, string name, ImageLimits? limits, Func<ImageFile, T> use)
    {
        limits = (limits ?? ImageLimits.Default).Validate();
        if (file.Length > limits.MaxFileBytes)
            throw Fault.Input($"{name}: has {file.Length} bytes; pictures may have {limits.MaxFileBytes}.", "Make the picture smaller.");
        if (Signature.Recognise(file.Span) is not { } format)
        {
            var (finding, remedy) = Signature.Explain(file.Span);
            throw Fault.Input($"{name}: {finding}.", remedy);
        }
        try
        {
            var picture = ImageFile.Open(format, file);
            CheckPictureSize(picture, name, limits);
            return use(picture);
        }
        catch (InvalidDataException damage)
        {
            throw Fault.Input(
                $"{name}: is a damaged or unsupported {NameOf(format)} picture: {damage.Message}.", "Replace the file or leave it out.",
                damage);
        }
    }

    static void CheckPictureSize(ImageFile picture, string name, ImageLimits limits)
    {
        if (picture.Width < 1 || picture.Height < 1) throw new InvalidDataException($"its size is {picture.Width} x {picture.Height}");
        if (picture.Width <= limits.MaxSide && picture.Height <= limits.MaxSide && (long)picture.Width * picture.Height <= limits.MaxPixels)
            return;
        throw Fault.Input(
            $"{name}: claims {picture.Width} x {picture.Height} pixels; at most {limits.MaxPixels} pixels and {limits.MaxSide} per side "
                + "are decoded.",
            "Make the picture smaller; if it should be small, the file is damaged or malicious.");
    }

    static string NameOf(ImageFormat format) => format == ImageFormat.WebP ? "WebP" : format.ToString().ToUpperInvariant();
}
