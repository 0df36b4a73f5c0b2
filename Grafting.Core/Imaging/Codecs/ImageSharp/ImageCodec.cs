using System.Reflection;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging.Codecs.Jpeg;
using Grafting.Core.Imaging.Formats;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.Memory;
using SixLabors.ImageSharp.PixelFormats;

namespace Grafting.Core.Imaging.Codecs;

/// <summary>WebP through SixLabors.ImageSharp, JPEG through our own decoder.</summary>
/// <remarks>
/// The pixels are those of the native codecs. ImageSharp's own transform and chroma upsampling of JPEG are not libjpeg's, and so not
/// Pillow's; its WebP, lossy or not, was the same as libwebp's in all 269 files of libwebp's, Pillow's and image-rs' tests (3.1.12).
/// </remarks>
static class ImageCodec
{
    // Largest file that the default limits allow, at eight bytes per pixel.
    const int AllocationLimitMegabytes = 1024;

    static readonly TimeSpan s_timeLimit = TimeSpan.FromSeconds(10);

    static readonly DecoderOptions s_options = new()
    {
        Configuration = new Configuration(new WebpConfigurationModule())
        {
            MemoryAllocator = MemoryAllocator.Create(new MemoryAllocatorOptions { AllocationLimitMegabytes = AllocationLimitMegabytes }),
        },
        MaxFrames = 1,
        SkipMetadata = true,
    };

    /// <param name="width">From the file's header; a decoder that sees another size refuses the file.</param>
    /// <returns>3 · width · height bytes, RGB.</returns>
    /// <exception cref="InvalidDataException">With what the decoder found wrong.</exception>
    public static byte[] Decode(ImageFormat format, ReadOnlyMemory<byte> file, int width, int height)
    {
        var bytes = file.ToArray();
        if (format == ImageFormat.Jpeg) return JpegDecoder.Decode(bytes, width, height);
        try
        {
            var info = Image.Identify(s_options, bytes);
            if (info.Width != width || info.Height != height) throw new InvalidDataException("it declares two different sizes");
            using var image = Load(bytes);
            var pixels = GC.AllocateUninitializedArray<byte>(3 * image.Width * image.Height);
            image.CopyPixelDataTo(pixels);
            return pixels;
        }
        catch (OperationCanceledException)
        {
            throw new InvalidDataException("decoding it takes longer than 10 s");
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
        return [new CodecInfo("graft's JPEG decoder", ArtefactManifest.ProgramVersion, null), new CodecInfo("ImageSharp", version, null)];
    }

    /// <summary>From memory, the asynchronous form decodes on this thread; it is the one that can be given a deadline.</summary>
    static Image<Rgb24> Load(byte[] file)
    {
        using var deadline = new CancellationTokenSource(s_timeLimit);
        using var stream = new MemoryStream(file);
        return Image.LoadAsync<Rgb24>(s_options, stream, deadline.Token).GetAwaiter().GetResult();
    }
}
