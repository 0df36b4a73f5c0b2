using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Grafting.Core.Data.Parquet;

/// <summary>Unpacks the pages of a column. Codes are those of parquet.thrift.</summary>
static class PageCodec
{
    /// <summary>A page that unpacks to more than this is refused before memory is taken for it.</summary>
    public const int MostBytes = 1 << 30;

    /// <summary>
    /// How much larger than itself a block can become: 64 bytes from a copy of three for Snappy, 258 from about two bits for Deflate, 255
    /// from each further byte of a length for LZ4.
    /// </summary>
    const int SnappyRatio = 32, DeflateRatio = 1100, Lz4Ratio = 256;

    static readonly Lazy<Zstandard?> s_zstandard = new(Zstandard.Load);

    /// <exception cref="InvalidDataException">
    /// Damaged, or compressed with something that is not read; says with what, and what to do.
    /// </exception>
    public static byte[] Decompress(int codec, ReadOnlySpan<byte> data, int size)
    {
        if (size > MostBytes) throw new InvalidDataException($"a page unpacks to {size} bytes; {MostBytes} are read");
        var ratio = codec switch { 1 => SnappyRatio, 2 => DeflateRatio, 7 => Lz4Ratio, _ => MostBytes };
        if (codec != 0 && size > ((long)data.Length * ratio) + 64)
            throw new InvalidDataException("a page claims to unpack to more than it can");
        if (codec == 0)
            return data.Length == size ? data.ToArray() : throw new InvalidDataException("a page has another size than its header says");
        if (size == 0) return [];
        var target = new byte[size];
        switch (codec)
        {
            case 1:
                Snappy.Decompress(data, target);
                return target;
            case 2:
                return Inflate(data, target, packed => new GZipStream(packed, CompressionMode.Decompress));
            case 4:
                return Inflate(data, target, packed => new BrotliStream(packed, CompressionMode.Decompress));
            case 6:
                var zstandard = s_zstandard.Value
                    ?? throw new InvalidDataException(
                        "it is compressed with Zstandard, and there is no libzstd on this machine; install it (Debian: libzstd1), or "
                            + "write the file with Snappy");
                return zstandard.Decompress(data, target) ? target : throw new InvalidDataException("a page is not valid Zstandard");
            case 7:
                Lz4.Decompress(data, target);
                return target;
            default:
                var name = codec switch { 3 => "LZO", 5 => "LZ4 in Hadoop's frames", _ => $"codec {codec}" };
                throw new InvalidDataException(
                    $"it is compressed with {name}; Snappy, gzip, Brotli, LZ4_RAW, Zstandard and no compression are read");
        }
    }

    static unsafe byte[] Inflate(ReadOnlySpan<byte> data, byte[] target, Func<Stream, Stream> open)
    {
        fixed (byte* start = data)
        {
            using var packed = new UnmanagedMemoryStream(start, data.Length);
            using var stream = open(packed);
            try
            {
                stream.ReadExactly(target);
                if (stream.ReadByte() >= 0) throw new InvalidDataException("a page unpacks to another size than its header says");
                return target;
            }
            catch (Exception error) when (error is EndOfStreamException or InvalidOperationException)
            {
                throw new InvalidDataException("a compressed page ends too early or is damaged", error);
            }
        }
    }

    /// <summary>The system's libzstd, since .NET has no decoder for it.</summary>
    sealed unsafe class Zstandard
    {
        readonly delegate* unmanaged[Cdecl]<byte*, nuint, byte*, nuint, nuint> _decompress;

        Zstandard(nint function) => _decompress = (delegate* unmanaged[Cdecl]<byte*, nuint, byte*, nuint, nuint>)function;

        public static Zstandard? Load()
        {
            foreach (var name in (string[])["libzstd.so.1", "libzstd.so", "libzstd.1.dylib", "libzstd.dylib", "libzstd.dll", "zstd.dll"])
            {
                if (NativeLibrary.TryLoad(name, out var library)
                    && NativeLibrary.TryGetExport(library, "ZSTD_decompress", out var function))
                    return new Zstandard(function);
            }
            return null;
        }

        public bool Decompress(ReadOnlySpan<byte> data, Span<byte> target)
        {
            fixed (byte* from = data, to = target) return _decompress(
                to, (nuint)target.Length, from, (nuint)data.Length) == (nuint)target.Length;
        }
    }
}
