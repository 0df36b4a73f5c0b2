using System.Reflection;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging.Codecs.Jpeg;
using Grafting.Core.Imaging.Formats;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.Memory;
using SixLabors.ImageSharp.PixelFormats;

namespace Grafting.Core.Imaging.Codecs;

/// <summary>PNG and WebP through SixLabors.ImageSharp, JPEG through our own decoder.</summary>
/// <remarks>
/// JPEG and lossless files give the same pixels as the native codecs; ImageSharp's own transform and chroma upsampling of JPEG are not
/// libjpeg's, and so not Pillow's. Lossy WebP differs by a few levels.
/// </remarks>
static class ImageCodec
{
    // Largest file that the default limits allow, at eight bytes per pixel.
    const int AllocationLimitMegabytes = 1024;

    static readonly TimeSpan s_timeLimit = TimeSpan.FromSeconds(10);

    static readonly DecoderOptions s_options = new()
    {
        Configuration = new Configuration(new PngConfigurationModule(), new WebpConfigurationModule())
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
        if (format == ImageFormat.Jpeg) return JpegDecoder.Decode(file.ToArray(), width, height);
        byte[] bytes = format == ImageFormat.Png ? PngPixels.Only(file.Span) : file.ToArray();
        try
        {
            var info = Image.Identify(s_options, bytes);
            if (info.Width != width || info.Height != height) throw new InvalidDataException("it declares two different sizes");
            if (format != ImageFormat.Png || PngFile.BitDepth(bytes) != 16) return DecodePlain(bytes);
            return PngFile.IsGrey(bytes) ? DecodeDeepGrey(bytes) : DecodeDeep(bytes);
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

    static byte[] DecodePlain(byte[] file)
    {
        using var image = Load<Rgb24>(file);
        var pixels = GC.AllocateUninitializedArray<byte>(3 * image.Width * image.Height);
        image.CopyPixelDataTo(pixels);
        return pixels;
    }

    /// <summary>16-bit samples keep their high byte, as in Pillow; ImageSharp itself would round.</summary>
    static byte[] DecodeDeep(byte[] file)
    {
        using var image = Load<Rgb48>(file);
        var deep = new Rgb48[image.Width * image.Height];
        image.CopyPixelDataTo(deep);
        var pixels = GC.AllocateUninitializedArray<byte>(3 * deep.Length);
        for (int i = 0; i < deep.Length; i++)
            (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]) = ((byte)(deep[i].R >> 8), (byte)(deep[i].G >> 8), (byte)(deep[i].B >> 8));
        return pixels;
    }

    /// <summary>16-bit grey is cut off at 255, as in Pillow, which holds it as whole numbers.</summary>
    static byte[] DecodeDeepGrey(byte[] file)
    {
        using var image = Load<L16>(file);
        var deep = new L16[image.Width * image.Height];
        image.CopyPixelDataTo(deep);
        var pixels = GC.AllocateUninitializedArray<byte>(3 * deep.Length);
        for (int i = 0; i < deep.Length; i++) pixels.AsSpan(3 * i, 3).Fill((byte)Math.Min(deep[i].PackedValue, (ushort)255));
        return pixels;
    }

    /// <summary>From memory, the asynchronous form decodes on this thread; it is the one that can be given a deadline.</summary>
    static Image<T> Load<T>(byte[] file)
        where T : unmanaged, IPixel<T>
    {
        using var deadline = new CancellationTokenSource(s_timeLimit);
        using var stream = new MemoryStream(file);
        return Image.LoadAsync<T>(s_options, stream, deadline.Token).GetAwaiter().GetResult();
    }
}
