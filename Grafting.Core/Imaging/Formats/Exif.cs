using System.Buffers.Binary;

namespace Grafting.Core.Imaging.Formats;

/// <summary>Finds the orientation in an EXIF block, which is a small TIFF file.</summary>
static class Exif
{
    const ushort OrientationTag = 0x0112;

    /// <returns>1 to 8; 1 (upright) where the block says nothing usable, since metadata must not make a sound picture unreadable.</returns>
    public static int Orientation(ReadOnlySpan<byte> block) => Find(block) ?? 1;

    /// <returns>As <see cref="Orientation"/>; null where the block does not speak of it.</returns>
    public static int? Find(ReadOnlySpan<byte> block)
    {
        var tiff = block.StartsWith("Exif\0\0"u8) ? block[6..] : block;
        if (tiff.Length < 8) return null;
        bool little = tiff.StartsWith("II*\0"u8);
        if (!little && !tiff.StartsWith("MM\0*"u8)) return null;

        long directory = Number32(tiff[4..], little);
        if (directory + 2 > tiff.Length) return null;
        int entries = Number16(tiff[(int)directory..], little);
        for (int i = 0; i < entries; i++)
        {
            long offset = directory + 2 + 12L * i;
            if (offset + 12 > tiff.Length) return null;
            var entry = tiff.Slice((int)offset, 12);
            if (Number16(entry, little) != OrientationTag) continue;
            uint value = Number16(entry[2..], little) switch
            {
                1 => entry[8],
                3 => Number16(entry[8..], little),
                4 => Number32(entry[8..], little),
                _ => 1,
            };
            return value is >= 1 and <= 8 ? (int)value : 1;
        }
        return null;
    }

    static ushort Number16(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    static uint Number32(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
}
