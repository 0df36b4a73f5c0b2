using System.Buffers.Binary;

namespace Grafting.Core.Imaging.Formats;

/// <summary>PNG's checksum (ISO 3309), eight bytes at a time.</summary>
static class Crc32
{
    const uint Polynomial = 0xEDB88320;
    const int Stride = 8;

    /// <summary>For every byte value, what it leaves in the sum with 0 to 7 bytes behind it.</summary>
    static readonly uint[] s_tables = Tables();

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint sum = uint.MaxValue;
        for (; bytes.Length >= Stride; bytes = bytes[Stride..])
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ sum;
            sum = 0;
            for (int behind = Stride - 1; behind >= 0; behind--, word >>= 8) sum ^= s_tables[256 * behind + (byte)word];
        }
        foreach (byte value in bytes) sum = s_tables[(byte)(sum ^ value)] ^ sum >> 8;
        return ~sum;
    }

    static uint[] Tables()
    {
        var tables = new uint[256 * Stride];
        for (uint i = 0; i < 256; i++)
        {
            uint sum = i;
            for (int bit = 0; bit < 8; bit++) sum = (sum & 1) != 0 ? Polynomial ^ sum >> 1 : sum >> 1;
            tables[i] = sum;
        }
        for (int i = 256; i < tables.Length; i++) tables[i] = tables[(byte)tables[i - 256]] ^ tables[i - 256] >> 8;
        return tables;
    }
}
