using System.Buffers.Binary;
using System.IO.Compression;
using Grafting.Core.Imaging.Formats;

namespace Grafting.Core.Imaging;

/// <summary>Writes 8-bit RGB PNG files; the same picture gives the same bytes on the same runtime.</summary>
public static class PngWriter
{
    public static byte[] Encode(RgbImage image)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], image.Height);
        // 8 bits per sample, RGB, the only compression and filter method, not interlaced.
        ReadOnlySpan<byte> kind = [8, 2, 0, 0, 0];
        kind.CopyTo(header[8..]);
        WriteChunk(file, "IHDR"u8, header);
        WriteChunk(file, "IDAT"u8, Compress(image));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    static ReadOnlySpan<byte> Compress(RgbImage image)
    {
        var compressed = new MemoryStream();
        using (var deflater = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            var filtered = new byte[1 + 3 * image.Width];
            ReadOnlySpan<byte> above = new byte[3 * image.Width];
            for (int y = 0; y < image.Height; y++)
            {
                ReadOnlySpan<byte> row = image.Row(y);
                Filter(row, above, filtered);
                deflater.Write(filtered);
                above = row;
            }
        }
        return compressed.GetBuffer().AsSpan(0, (int)compressed.Length);
    }

    /// <summary>Predicts every byte from its neighbours (Paeth), which suits drawings and photographs alike.</summary>
    static void Filter(ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, Span<byte> filtered)
    {
        filtered[0] = 4;
        for (int i = 0; i < row.Length; i++)
        {
            int left = i >= 3 ? row[i - 3] : 0, up = above[i], diagonal = i >= 3 ? above[i - 3] : 0;
            int estimate = left + up - diagonal;
            int byLeft = Math.Abs(estimate - left), byUp = Math.Abs(estimate - up), byDiagonal = Math.Abs(estimate - diagonal);
            int predicted = byLeft <= byUp && byLeft <= byDiagonal ? left : byUp <= byDiagonal ? up : diagonal;
            filtered[1 + i] = (byte)(row[i] - predicted);
        }
    }

    static void WriteChunk(Stream file, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        byte[] covered = [.. kind, .. content];
        file.Write(covered);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(covered));
        file.Write(number);
    }
}
