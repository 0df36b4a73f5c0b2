using System.Buffers.Binary;
using System.IO.Compression;
using Grafting.Core.Imaging;
using Grafting.Core.Numerics;

namespace Grafting.Tests.Imaging;

/// <summary>Small picture files made by hand.</summary>
static class PictureBytes
{
    public static RgbImage Noise(int width, int height, ulong seed = 1)
    {
        var random = new DeterministicRandom(seed);
        return new(width, height, [.. Enumerable.Range(0, 3 * width * height).Select(_ => (byte)random.NextInt(256))]);
    }

    public static byte[] Png(params (string Kind, byte[] Content)[] chunks)
    {
        var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        foreach (var (kind, content) in chunks) file.Write(Chunk(kind, content));
        return file.ToArray();
    }

    public static byte[] Header(int width, int height, byte depth = 8, byte colour = 2, byte interlace = 0)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = (depth, colour, interlace);
        return header;
    }

    public static byte[] Deflate(byte[] content)
    {
        var compressed = new MemoryStream();
        using (var deflater = new ZLibStream(compressed, CompressionLevel.Optimal)) deflater.Write(content);
        return compressed.ToArray();
    }

    public static byte[] Chunk(string kind, byte[] content)
    {
        var body = new byte[4 + content.Length];
        System.Text.Encoding.ASCII.GetBytes(kind, body);
        content.CopyTo(body, 4);
        var chunk = new byte[8 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        body.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(4 + body.Length), Crc(body));
        return chunk;
    }

    /// <summary>A TIFF block whose only entry is the orientation.</summary>
    public static byte[] Exif(int orientation, bool bigEndian = false) => bigEndian
        ? [(byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0]
        : [(byte)'I', (byte)'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, (byte)orientation, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>PngWriter's file with a chunk put in behind the header.</summary>
    public static byte[] Insert(byte[] png, string kind, byte[] content) => [.. png[..33], .. Chunk(kind, content), .. png[33..]];

    /// <summary>
    /// A GIF of one frame with 4 colours (index i has the grey level 60·i), coded with a clear code before every index, so that no
    /// code needs a dictionary.
    /// </summary>
    public static byte[] Gif(
        int width, int height, byte[] indices, (int X, int Y, int Width, int Height) frame, bool interlaced = false, byte[]? control = null)
    {
        List<byte> file = [.. "GIF89a"u8, (byte)width, 0, (byte)height, 0, 0x81, 0, 0];
        for (int i = 0; i < 4; i++) file.AddRange([(byte)(60 * i), (byte)(60 * i), (byte)(60 * i)]);
        if (control is not null) file.AddRange([(byte)'!', 0xF9, 4, .. control, 0]);
        file.AddRange(
            [(byte)',', (byte)frame.X, 0, (byte)frame.Y, 0, (byte)frame.Width, 0, (byte)frame.Height, 0, (byte)(interlaced ? 0x40 : 0), 2]);
        var bits = new List<bool>();
        foreach (byte index in indices)
            foreach (int code in new[] { 4, index })
                for (int bit = 0; bit < 3; bit++) bits.Add((code >> bit & 1) != 0);
        for (int bit = 0; bit < 3; bit++) bits.Add((5 >> bit & 1) != 0);
        var data = new byte[(bits.Count + 7) / 8];
        for (int i = 0; i < bits.Count; i++) if (bits[i]) data[i / 8] |= (byte)(1 << i % 8);
        foreach (var block in data.Chunk(255)) file.AddRange([(byte)block.Length, .. block]);
        file.AddRange([0, (byte)';']);
        return [.. file];
    }

    /// <summary>
    /// Makes the checksums of all chunks right, as far as the file holds chunks, so that damage reaches the decoder behind them.
    /// </summary>
    public static void CorrectChecksums(byte[] png)
    {
        for (int at = 8; at + 12 <= png.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(at));
            if (length > png.Length - at - 12) return;
            int end = at + 8 + (int)length;
            BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(end), Crc(png[(at + 4)..end]));
            at = end + 4;
        }
    }

    static uint Crc(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }
}
