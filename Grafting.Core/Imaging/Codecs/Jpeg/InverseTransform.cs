using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.Intrinsics;

namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>
/// Coefficients to samples by libjpeg's accurate integer transform ("islow"): constants of 13 bits, columns first, 2 more bits between
/// the passes.
/// </summary>
/// <remarks>
/// Within a pass that algorithm is linear in whole numbers, so that sums of products with its matrix give the same bits as its butterflies.
/// Where values do not fit into the 16 bits that libjpeg-turbo's vector code for x86 has for them, which no sound picture reaches, sums
/// wrap and results saturate as they do there.
/// </remarks>
static class InverseTransform
{
    const int Side = Zigzag.Side;
    const int ConstantBits = 13;
    const int PassBits = 2;
    const int ColumnShift = ConstantBits - PassBits;
    const int RowShift = ConstantBits + PassBits + 3;

    // Two values below it add up to one of 16 bits.
    const int SafeSummand = 1 << 14;

    // What a coefficient adds to the samples, per frequency; the second half of the samples mirrors the first.
    static readonly int[] s_matrix = new int[Side * Side];
    static readonly Vector256<int>[] s_rows = new Vector256<int>[Side];

    static InverseTransform()
    {
        Span<short> unit = stackalloc short[Side];
        for (int frequency = 0; frequency < Side; frequency++)
        {
            unit.Clear();
            unit[frequency] = 1;
            var samples = s_matrix.AsSpan(Side * frequency, Side);
            Transform(unit, samples);
            s_rows[frequency] = Vector256.Create<int>(samples);
        }
    }

    /// <param name="block">64 coefficients by rows.</param>
    /// <param name="quantization">64 divisors by rows, as 16 bits.</param>
    /// <param name="samples">Receives 8 rows of 8 samples.</param>
    /// <param name="stride">From row to row.</param>
    public static void Apply(ReadOnlySpan<short> block, ReadOnlySpan<short> quantization, Span<byte> samples, int stride)
    {
        Span<int> between = stackalloc int[Zigzag.BlockSize];
        var used = Vector128<short>.Zero;
        int rows = 0;
        for (int row = 0; row < Side; row++)
        {
            var coefficients = Vector128.Create(block.Slice(Side * row, Side));
            if (coefficients == Vector128<short>.Zero) continue;
            used |= coefficients;
            rows = row + 1;
        }
        int columns = Side - LeadingZeroColumns(used);
        if (rows <= 1)
        {
            // One row says the same of every row of samples.
            var flat = Vector128.Create(block[..Side]) * Vector128.Create(quantization[..Side]) << PassBits;
            Vector256.Create(Vector128.WidenLower(flat), Vector128.WidenUpper(flat)).CopyTo(between);
            ulong only = RowOfSamples(between[..Side], columns);
            for (int row = 0; row < Side; row++) BinaryPrimitives.WriteUInt64LittleEndian(samples[(row * stride)..], only);
            return;
        }
        TransformColumns(block, quantization, rows, between);
        for (int row = 0; row < Side; row++)
            BinaryPrimitives.WriteUInt64LittleEndian(samples[(row * stride)..], RowOfSamples(between.Slice(Side * row, Side), columns));
    }

    static void TransformColumns(ReadOnlySpan<short> block, ReadOnlySpan<short> quantization, int rows, Span<int> between)
    {
        Vector256<int> even0 = default, even1 = default, even2 = default, even3 = default;
        Vector256<int> odd0 = default, odd1 = default, odd2 = default, odd3 = default;
        var beyond = Vector128<ushort>.Zero;
        for (int row = 0; row < rows; row += 2)
        {
            var value = Dequantize(block, quantization, row, ref beyond);
            var factors = s_matrix.AsSpan(Side * row, 4);
            even0 += value * factors[0];
            even1 += value * factors[1];
            even2 += value * factors[2];
            even3 += value * factors[3];
        }
        for (int row = 1; row < rows; row += 2)
        {
            var value = Dequantize(block, quantization, row, ref beyond);
            var factors = s_matrix.AsSpan(Side * row, 4);
            odd0 += value * factors[0];
            odd1 += value * factors[1];
            odd2 += value * factors[2];
            odd3 += value * factors[3];
        }
        if (Vector128.GreaterThanAny(beyond, Vector128.Create((ushort)short.MaxValue)))
        {
            TransformWildColumns(block, quantization, between);
            return;
        }
        Settle(even0 + odd0).CopyTo(between);
        Settle(even1 + odd1).CopyTo(between[Side..]);
        Settle(even2 + odd2).CopyTo(between[(2 * Side)..]);
        Settle(even3 + odd3).CopyTo(between[(3 * Side)..]);
        Settle(even3 - odd3).CopyTo(between[(4 * Side)..]);
        Settle(even2 - odd2).CopyTo(between[(5 * Side)..]);
        Settle(even1 - odd1).CopyTo(between[(6 * Side)..]);
        Settle(even0 - odd0).CopyTo(between[(7 * Side)..]);
    }

    /// <param name="beyond">Gets its highest bit where a value is not below <see cref="SafeSummand"/>.</param>
    static Vector256<int> Dequantize(ReadOnlySpan<short> block, ReadOnlySpan<short> quantization, int row, ref Vector128<ushort> beyond)
    {
        var value = Vector128.Create(block.Slice(Side * row, Side)) * Vector128.Create(quantization.Slice(Side * row, Side));
        beyond |= (value + Vector128.Create((short)SafeSummand)).AsUInt16();
        return Vector256.Create(Vector128.WidenLower(value), Vector128.WidenUpper(value));
    }

    static Vector256<int> Settle(Vector256<int> sums)
    {
        var rounded = sums + Vector256.Create(1 << ColumnShift - 1) >> ColumnShift;
        return Vector256.Clamp(rounded, Vector256.Create((int)short.MinValue), Vector256.Create((int)short.MaxValue));
    }

    static void TransformWildColumns(ReadOnlySpan<short> block, ReadOnlySpan<short> quantization, Span<int> between)
    {
        Span<short> column = stackalloc short[Side];
        Span<int> sums = stackalloc int[Side];
        for (int x = 0; x < Side; x++)
        {
            for (int y = 0; y < Side; y++) column[y] = (short)(block[Side * y + x] * quantization[Side * y + x]);
            Transform(column, sums);
            for (int y = 0; y < Side; y++)
                between[Side * y + x] = Math.Clamp(sums[y] + (1 << ColumnShift - 1) >> ColumnShift, short.MinValue, short.MaxValue);
        }
    }

    /// <returns>Eight samples, the first in the lowest byte.</returns>
    static ulong RowOfSamples(ReadOnlySpan<int> between, int columns)
    {
        var sums = Vector256.Create(1 << RowShift - 1);
        int extreme = 0;
        for (int column = 0; column < columns; column++)
        {
            int value = between[column];
            extreme |= value + SafeSummand;
            sums += s_rows[column] * value;
        }
        if ((uint)extreme >= 2 * SafeSummand) sums = WildRow(between);
        var samples = Vector256.Clamp(sums >> RowShift, Vector256.Create(-128), Vector256.Create(127)) + Vector256.Create(128);
        var words = Vector128.Narrow(samples.GetLower(), samples.GetUpper()).AsUInt16();
        return Vector128.Narrow(words, words).AsUInt64().ToScalar();
    }

    static Vector256<int> WildRow(ReadOnlySpan<int> between)
    {
        Span<short> row = stackalloc short[Side];
        Span<int> sums = stackalloc int[Side];
        for (int x = 0; x < Side; x++) row[x] = (short)between[x];
        Transform(row, sums);
        return Vector256.Create<int>(sums) + Vector256.Create(1 << RowShift - 1);
    }

    static int LeadingZeroColumns(Vector128<short> used)
    {
        uint nonzero = ~Vector128.Equals(used, Vector128<short>.Zero).ExtractMostSignificantBits() & 0xFF;
        return BitOperations.LeadingZeroCount(nonzero) - 24;
    }

    /// <summary>One pass over eight values, before rounding, by Loeffler, Ligtenberg and Moschytz (1989); sums of inputs have 16 bits.</summary>
    static void Transform(ReadOnlySpan<short> input, Span<int> sums)
    {
        int even2 = input[2] * (Fix(0.541196100) + Fix(0.765366865)) + input[6] * Fix(0.541196100);
        int even6 = input[2] * Fix(0.541196100) + input[6] * (Fix(0.541196100) - Fix(1.847759065));
        int sum = (short)(input[0] + input[4]) << ConstantBits, difference = (short)(input[0] - input[4]) << ConstantBits;
        ReadOnlySpan<int> even = [sum + even2, difference + even6, difference - even6, sum - even2];

        int odd73 = (short)(input[7] + input[3]), odd51 = (short)(input[5] + input[1]);
        int turned73 = odd73 * (Fix(1.175875602) - Fix(1.961570560)) + odd51 * Fix(1.175875602);
        int turned51 = odd73 * Fix(1.175875602) + odd51 * (Fix(1.175875602) - Fix(0.390180644));
        ReadOnlySpan<int> odd =
        [
            input[7] * -Fix(0.899976223) + input[1] * (Fix(1.501321110) - Fix(0.899976223)) + turned51,
            input[5] * -Fix(2.562915447) + input[3] * (Fix(3.072711026) - Fix(2.562915447)) + turned73,
            input[5] * (Fix(2.053119869) - Fix(2.562915447)) + input[3] * -Fix(2.562915447) + turned51,
            input[7] * (Fix(0.298631336) - Fix(0.899976223)) + input[1] * -Fix(0.899976223) + turned73,
        ];
        for (int i = 0; i < 4; i++) (sums[i], sums[Side - 1 - i]) = (even[i] + odd[i], even[i] - odd[i]);
    }

    static int Fix(double constant) => (int)(constant * (1 << ConstantBits) + 0.5);
}
