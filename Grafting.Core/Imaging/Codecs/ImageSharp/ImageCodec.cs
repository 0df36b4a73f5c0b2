using System.Reflection;
using Grafting.Core.Imaging.Formats;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.Memory;
using SixLabors.ImageSharp.PixelFormats;

namespace Grafting.Core.Imaging.Codecs;

/// <summary>JPEG, PNG and WebP through SixLabors.ImageSharp.</summary>
/// <remarks>
/// Lossless files give the same pixels as the native codecs. Its JPEG transform and chroma upsampling are not libjpeg's, so lossy
/// pictures differ from Pillow's by a few levels.
/// </remarks>
static class ImageCodec
{
    // Largest file that the default limits allow, at eight bytes per pixel.
    const int AllocationLimitMegabytes = 1024;

    static readonly DecoderOptions s_options = new()
    {
        Configuration = new Configuration(new JpegConfigurationModule(), new PngConfigurationModule(), new WebpConfigurationModule())
        {
            MemoryAllocator = MemoryAllocator.Create(new MemoryAllocatorOptions { AllocationLimitMegabytes = AllocationLimitMegabytes }),
        },
        MaxFrames = 1,
        SkipMetadata = true,
    };

    /// <inheritdoc cref="ImageFile.Decode"/>
    /// <param name="width">From the file's header; a decoder that sees another size refuses the file.</param>
    public static byte[] Decode(ImageFormat format, ReadOnlyMemory<byte> file, int width, int height)
    {
        try
        {
            var info = Image.Identify(s_options, file.Span);
            if (info.Width != width || info.Height != height) throw new InvalidDataException("it declares two different sizes");
            return format == ImageFormat.Png && PngFile.BitDepth(file.Span) == 16 ? DecodeDeep(file.Span) : DecodePlain(file.Span);
        }
        catch (Exception error) when (error is not (InvalidDataException or OutOfMemoryException))
        {
            // On damaged input the decoders also fail with exceptions of their inner workings, such as an index out of range.
            throw new InvalidDataException(error.Message.TrimEnd('.'), error);
        }
    }

    public static IReadOnlyList<CodecInfo> Codecs()
    {
        var assembly = typeof(Image).Assembly;
        var version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
            ?? assembly.GetName().Version!.ToString();
        return [new CodecInfo("ImageSharp", version, null)];
    }

    static byte[] DecodePlain(ReadOnlySpan<byte> file)
    {
        using var image = Image.Load<Rgb24>(s_options, file);
        var pixels = GC.AllocateUninitializedArray<byte>(3 * image.Width * image.Height);
        image.CopyPixelDataTo(pixels);
        return pixels;
    }

    /// <summary>16-bit samples keep their high byte, as in Pillow; ImageSharp itself would round.</summary>
    static byte[] DecodeDeep(ReadOnlySpan<byte> file)
    {
        using var image = Image.Load<Rgb48>(s_options, file);
        var deep = new Rgb48[image.Width * image.Height];
        image.CopyPixelDataTo(deep);
        var pixels = GC.AllocateUninitializedArray<byte>(3 * deep.Length);
        for (int i = 0; i < deep.Length; i++)
            (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]) = ((byte)(deep[i].R >> 8), (byte)(deep[i].G >> 8), (byte)(deep[i].B >> 8));
        return pixels;
    }
}
