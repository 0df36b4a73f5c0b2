using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging.Codecs;
using Grafting.Core.Imaging.Formats;

namespace Grafting.Core.Imaging;

/// <summary>
/// Reads JPEG, PNG, WebP, and the first frame of GIF and BMP files into upright RGB pictures, with the pixels that Pillow's
/// <c>ImageOps.exif_transpose(Image.open(f)).convert("RGB")</c> gives: alpha is dropped without compositing.
/// </summary>
/// <remarks>
/// Files are not trusted. The format is recognised by content, the size is checked against <see cref="ImageLimits"/> before a pixel
/// is decoded, and a damaged or truncated file is an error, never a half-grey picture.
/// </remarks>
public static class ImageReader
{
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>: the file is missing, not a picture, too large or damaged.</exception>
    public static RgbImage Read(string path, ImageLimits? limits = null)
    {
        limits = (limits ?? ImageLimits.Default).Validate();
        return Decode(RegularFile.ReadAll(path, (int)limits.MaxFileBytes), path, limits);
    }

    /// <param name="file">The whole file.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <exception cref="GraftException">As <see cref="Read"/>.</exception>
    public static RgbImage Decode(ReadOnlyMemory<byte> file, string name, ImageLimits? limits = null)
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
            return Orientation.Apply(new RgbImage(picture.Width, picture.Height, picture.Decode()), picture.Orientation);
        }
        catch (InvalidDataException damage)
        {
            throw Fault.Input(
                $"{name}: is a damaged or unsupported {NameOf(format)} picture: {damage.Message}.", "Replace the file or leave it out.", damage);
        }
    }

    /// <summary>The libraries behind this reader, with what is known against their versions.</summary>
    public static IReadOnlyList<CodecInfo> Codecs() => ImageCodec.Codecs();

    static void CheckPictureSize(ImageFile picture, string name, ImageLimits limits)
    {
        if (picture.Width < 1 || picture.Height < 1) throw new InvalidDataException($"its size is {picture.Width} x {picture.Height}");
        if (picture.Width <= limits.MaxSide && picture.Height <= limits.MaxSide && (long)picture.Width * picture.Height <= limits.MaxPixels) return;
        throw Fault.Input(
            $"{name}: claims {picture.Width} x {picture.Height} pixels; at most {limits.MaxPixels} pixels and {limits.MaxSide} per side are decoded.",
            "Make the picture smaller; if it should be small, the file is damaged or malicious.");
    }

    static string NameOf(ImageFormat format) => format == ImageFormat.WebP ? "WebP" : format.ToString().ToUpperInvariant();
}
