using System.Buffers.Binary;

namespace Grafting.Core.Imaging.Codecs;

/// <summary>
/// Takes everything out of a PNG file but the chunks that hold pixels: metadata cannot be a decompression bomb then, and the frames of
/// an animation, transparency and colour profiles, none of which is used, cannot make the decoder fail.
/// </summary>
static class PngPixels
{
    const int SignatureBytes = 8, LengthBytes = 4, ChunkFrameBytes = 12;

    /// <param name="file">Whole, with all its chunks up to IEND.</param>
    public static byte[] Only(ReadOnlySpan<byte> file)
    {
        var kept = new MemoryStream(file.Length);
        kept.Write(file[..SignatureBytes]);
        var rest = file[SignatureBytes..];
        while (!rest.IsEmpty)
        {
            var chunk = rest[..(ChunkFrameBytes + (int)BinaryPrimitives.ReadUInt32BigEndian(rest))];
            // An upper-case first letter marks the chunks without which there is no picture.
            if (char.IsAsciiLetterUpper((char)chunk[LengthBytes])) kept.Write(chunk);
            if (chunk[LengthBytes..].StartsWith("IEND"u8)) break;
            rest = rest[chunk.Length..];
        }
        return kept.ToArray();
    }
}
