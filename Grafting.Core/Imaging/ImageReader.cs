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
        return Decode(ReadFile(path, limits), path, limits);
    }

    /// <param name="file">The whole file.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <exception cref="GraftException">As <see cref="Read"/>.</exception>
    public static RgbImage Decode(ReadOnlyMemory<byte> file, string name, ImageLimits? limits = null)
    {
        limits = (limits ?? ImageLimits.Default).Validate();
        CheckFileSize(file.Length, name, limits);
        if (Signature.Recognise(file.Span) is not { } format)
        {
            var (finding, remedy) = Signature.Explain(file.Span);
            throw Fault.Input($"{name} {finding}.", remedy);
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
                $"{name} is a damaged or unsupported {NameOf(format)} picture: {damage.Message}.", "Replace the file or leave it out.", damage);
        }
    }

    /// <summary>The libraries behind this reader, with what is known against their versions.</summary>
    public static IReadOnlyList<CodecInfo> Codecs() => ImageCodec.Codecs();

    static byte[] ReadFile(string path, ImageLimits limits)
    {
        if (Directory.Exists(path)) throw Fault.Input($"{path} is a folder, not a picture.", "Name a file inside it.");
        try
        {
            // Pipes and devices have no length, and would block or never end.
            long length = new FileInfo(path).Length;
            CheckFileSize(length, path, limits);
            using var handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
            var file = GC.AllocateUninitializedArray<byte>((int)length);
            int read = 0;
            while (read < file.Length)
            {
                int count = RandomAccess.Read(handle, file.AsSpan(read), read);
                if (count == 0) throw Fault.Input($"{path} became shorter while it was read.", "Let the copy or download finish first.");
                read += count;
            }
            return file;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Fault.Input($"There is no picture at {path}.", "Check the path and the images folder.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Fault.Input($"{path} cannot be read: {error.Message}", "Check the file's permissions and the disk.", error);
        }
    }

    static void CheckFileSize(long length, string name, ImageLimits limits)
    {
        if (length == 0)
        {
            var (finding, remedy) = Signature.Explain([]);
            throw Fault.Input($"{name} {finding}.", remedy);
        }
        if (length > limits.MaxFileBytes)
            throw Fault.Input($"{name} has {length} bytes; pictures may have {limits.MaxFileBytes}.", "Make the picture smaller.");
    }

    static void CheckPictureSize(ImageFile picture, string name, ImageLimits limits)
    {
        if (picture.Width < 1 || picture.Height < 1) throw new InvalidDataException($"its size is {picture.Width} x {picture.Height}");
        if (picture.Width <= limits.MaxSide && picture.Height <= limits.MaxSide && (long)picture.Width * picture.Height <= limits.MaxPixels) return;
        throw Fault.Input(
            $"{name} claims {picture.Width} x {picture.Height} pixels; at most {limits.MaxPixels} pixels and {limits.MaxSide} per side are decoded.",
            "Make the picture smaller; if it should be small, the file is damaged or malicious.");
    }

    static string NameOf(ImageFormat format) => format == ImageFormat.WebP ? "WebP" : format.ToString().ToUpperInvariant();
}
