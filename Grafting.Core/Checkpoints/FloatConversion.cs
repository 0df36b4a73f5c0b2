using System.Runtime.InteropServices;

namespace Grafting.Core.Checkpoints;

/// <summary>
/// Exact conversions between F32 and the 16-bit formats. Narrowing rounds to nearest, ties to even. A NaN stays a NaN with the same sign
/// and the payload bits that fit, so widening and narrowing again gives every one of the 65 536 bit patterns back.
/// </summary>
public static class FloatConversion
{
    public static float BF16ToF32(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    public static ushort F32ToBF16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value)) return Payload((ushort)(bits >> 16), 0x7F, 0x40);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    public static float F16ToF32(ushort bits)
    {
        var sign = (uint)(bits & 0x8000) << 16;
        var exponent = (uint)(bits >> 10) & 0x1F;
        var mantissa = (uint)bits & 0x3FF;
        var magnitude = exponent switch
        {
            0 => BitConverter.SingleToUInt32Bits(mantissa * 5.9604644775390625e-8f), // 2^-24, exact
            0x1F => 0x7F80_0000u | (mantissa << 13),
            _ => ((exponent + 112) << 23) | (mantissa << 13),
        };
        return BitConverter.UInt32BitsToSingle(sign | magnitude);
    }

    public static ushort F32ToF16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        var sign = (bits >> 16) & 0x8000;
        var magnitude = bits & 0x7FFF_FFFF;
        if (magnitude > 0x7F80_0000) return Payload((ushort)(sign | 0x7C00 | ((magnitude >> 13) & 0x3FF)), 0x3FF, 0x200);
        if (magnitude >= 0x477F_F000) return (ushort)(sign | 0x7C00); // 65520 and more round to infinity
        if (magnitude < 0x3880_0000)
        {
            // Below 2^-14: next to 0.5 the float grid has the spacing 2^-24 of the subnormals, so the addition rounds for us.
            var shifted = BitConverter.UInt32BitsToSingle(magnitude) + 0.5f;
            return (ushort)(sign | (BitConverter.SingleToUInt32Bits(shifted) - 0x3F00_0000));
        }
        return (ushort)(sign | ((magnitude - (112u << 23) + 0xFFF + ((magnitude >> 13) & 1)) >> 13));
    }

    public static void BF16ToF32(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        CheckLengths(source.Length, destination.Length);
        for (var i = 0; i < source.Length; i++) destination[i] = BF16ToF32(source[i]);
    }

    public static void F32ToBF16(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        CheckLengths(source.Length, destination.Length);
        for (var i = 0; i < source.Length; i++) destination[i] = F32ToBF16(source[i]);
    }

    public static void F16ToF32(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        CheckLengths(source.Length, destination.Length);
        for (var i = 0; i < source.Length; i++) destination[i] = F16ToF32(source[i]);
    }

    public static void F32ToF16(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        CheckLengths(source.Length, destination.Length);
        for (var i = 0; i < source.Length; i++) destination[i] = F32ToF16(source[i]);
    }

    /// <summary>Little-endian elements of a float type, as stored in a file, to F32. F64 is rounded.</summary>
    public static void ToFloats(TensorType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        CheckLengths(source.Length, (long)destination.Length * type.ByteSize());
        switch (type)
        {
            case TensorType.F32:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case TensorType.BF16:
                BF16ToF32(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            case TensorType.F16:
                F16ToF32(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            case TensorType.F64:
                var doubles = MemoryMarshal.Cast<byte, double>(source);
                for (var i = 0; i < doubles.Length; i++) destination[i] = (float)doubles[i];
                break;
            default:
                throw new ArgumentException($"{type} is not a float type", nameof(type));
        }
    }

    /// <summary>F32 to little-endian elements of a float type, as stored in a file.</summary>
    public static void FromFloats(TensorType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        CheckLengths(destination.Length, (long)source.Length * type.ByteSize());
        switch (type)
        {
            case TensorType.F32:
                MemoryMarshal.AsBytes(source).CopyTo(destination);
                break;
            case TensorType.BF16:
                F32ToBF16(source, MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            case TensorType.F16:
                F32ToF16(source, MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            case TensorType.F64:
                var doubles = MemoryMarshal.Cast<byte, double>(destination);
                for (var i = 0; i < doubles.Length; i++) doubles[i] = source[i];
                break;
            default:
                throw new ArgumentException($"{type} is not a float type", nameof(type));
        }
    }

    /// <summary>A NaN whose payload was cut to nothing would read as infinity; it becomes the quiet NaN.</summary>
    static ushort Payload(ushort bits, int mask, int quiet) => (ushort)((bits & mask) == 0 ? bits | quiet : bits);

    static void CheckLengths(long source, long destination)
    {
        if (source != destination) throw new ArgumentException($"source and destination do not match: {source} and {destination}");
    }
}
