using System.Runtime.InteropServices;
using System.Text;
using Grafting.Core.Imaging.Formats;

namespace Grafting.Core.Imaging.Codecs;

/// <summary>JPEG and WebP through libjpeg-turbo and libwebp (<c>libgraft_codecs</c>).</summary>
static partial class ImageCodec
{
    const string Library = "graft_codecs";
    const int MessageBytes = 256;

    /// <param name="width">From the file's header; a decoder that sees another size refuses the file.</param>
    /// <returns>3 · width · height bytes, RGB.</returns>
    /// <exception cref="InvalidDataException">With what the decoder found wrong.</exception>
    public static unsafe byte[] Decode(ImageFormat format, ReadOnlyMemory<byte> file, int width, int height)
    {
        var pixels = GC.AllocateUninitializedArray<byte>(3 * width * height);
        var message = stackalloc byte[MessageBytes];
        fixed (byte* input = file.Span)
        fixed (byte* output = pixels)
        {
            int result = format switch
            {
                ImageFormat.Jpeg => DecodeJpeg(input, (nuint)file.Length, width, height, output, message, MessageBytes),
                ImageFormat.WebP => DecodeWebp(input, (nuint)file.Length, width, height, output, message, MessageBytes),
                _ => Fault.Unreachable<int>(format),
            };
            if (result != 0) throw new InvalidDataException(Marshal.PtrToStringUTF8((nint)message));
        }
        return pixels;
    }

    public static unsafe IReadOnlyList<CodecInfo> Codecs()
    {
        var versions = stackalloc byte[MessageBytes];
        Versions(versions, MessageBytes);
        var numbers = Encoding.ASCII.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(versions)).Split(' ');
        return
        [
            Judge("libjpeg-turbo", numbers[0], new Version(2, 1, 0)),
            Judge("libwebp", numbers[1], new Version(1, 3, 2)),
        ];
    }

    /// <summary>
    /// The first release without a known memory error in decoding; distributions repair older ones without changing the number.
    /// </summary>
    static CodecInfo Judge(string name, string version, Version safe) => new(
        name, version,
        Version.TryParse(version, out var number) && number < safe
            ? $"Releases before {safe} have known security faults; sound only where the distribution has repaired them, as Debian does."
            : null);

    [LibraryImport(Library, EntryPoint = "graft_codec_jpeg")]
    private static unsafe partial int DecodeJpeg(
        byte* file, nuint length, int width, int height, byte* rgb, byte* message, nuint messageBytes);

    [LibraryImport(Library, EntryPoint = "graft_codec_webp")]
    private static unsafe partial int DecodeWebp(
        byte* file, nuint length, int width, int height, byte* rgb, byte* message, nuint messageBytes);

    [LibraryImport(Library, EntryPoint = "graft_codec_versions")]
    private static unsafe partial void Versions(byte* text, nuint textBytes);
}
