using System.Numerics;

namespace Grafting.Core.Training.TensorBoard;

/// <summary>CRC-32C (Castagnoli; RFC 3720, appendix B.4), and the masked form that TFRecord frames store.</summary>
public static class Crc32C
{
    /// <summary>Added after the rotation; TensorFlow's <c>tsl/lib/hash/crc32c.h</c>.</summary>
    const uint MaskDelta = 0xA282EAD8;

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes) crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }

    /// <summary>Rotated and shifted, because a CRC over bytes that hold their own CRC says little.</summary>
    public static uint Masked(ReadOnlySpan<byte> bytes) => BitOperations.RotateRight(Of(bytes), 15) + MaskDelta;
}
