using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Grafting.Core.Imaging;

/// <summary>
/// The two passes of resampling, eight numbers of 32 bits at a time: along rows, four of which share their weights, and across rows.
/// </summary>
sealed class RowBlock(int width)
{
    public const int Rows = 4;

    /// <summary>Bytes are read eight at a time; so many must lie behind the last pixel, whatever they are.</summary>
    public const int Slack = 8;

    const int Lanes = 8;

    readonly int _stride = 3 * width + Slack;
    readonly byte[] _rows = new byte[Rows * (3 * width + Slack)];

    public Span<byte> Row(int index) => _rows.AsSpan(_stride * index, 3 * width);

    /// <summary>Computes columns [from, to) of the first <paramref name="count"/> rows.</summary>
    /// <param name="target">Rows of 3 bytes per column, one behind the other.</param>
    public void Narrow(ResampleWeights columns, int from, int to, Span<byte> target, int count)
    {
        int rowBytes = 3 * columns.Count;
        for (int x = from; x < to; x++)
        {
            Vector256<int> first = default, second = default, third = default, fourth = default;
            int position = 3 * columns.Starts[x];
            var weights = columns.InPairs(x);
            for (int tap = 0; tap + 1 < weights.Length; tap += 2, position += 6)
            {
                var pair = Vector256.Create(Vector128.Create(weights[tap]), Vector128.Create(weights[tap + 1]));
                first += TwoPixels(position) * pair;
                second += TwoPixels(position + _stride) * pair;
                third += TwoPixels(position + 2 * _stride) * pair;
                fourth += TwoPixels(position + 3 * _stride) * pair;
            }
            var pixel = target[(3 * x)..];
            Store(first, pixel);
            if (count > 1) Store(second, pixel[rowBytes..]);
            if (count > 2) Store(third, pixel[(2 * rowBytes)..]);
            if (count > 3) Store(fourth, pixel[(3 * rowBytes)..]);
        }
    }

    /// <summary>The weighted sum of rows.</summary>
    /// <param name="offsets">Where each of them begins in <paramref name="source"/>.</param>
    /// <param name="target">Receives the row, and <see cref="Slack"/> bytes without meaning.</param>
    public static void Combine(ReadOnlySpan<byte> source, ReadOnlySpan<int> offsets, ReadOnlySpan<int> weights, Span<byte> target)
    {
        offsets = offsets[..weights.Length];
        for (int i = 0; i < target.Length - Slack; i += Lanes)
        {
            var sums = Vector256.Create(ResampleWeights.Half);
            for (int tap = 0; tap < offsets.Length; tap++) sums += EightBytes(source[(offsets[tap] + i)..]) * weights[tap];
            var levels = Clip(sums);
            var halves = Vector128.Narrow(levels.GetLower(), levels.GetUpper());
            BinaryPrimitives.WriteUInt64LittleEndian(target[i..], Vector128.Narrow(halves, halves).AsUInt64().ToScalar());
        }
    }

    /// <summary>Red, green, blue and 0 of a pixel in the lower half, and of the one behind it in the upper half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    Vector256<int> TwoPixels(int position) => Vector256.Shuffle(
        Vector256.Create(BinaryPrimitives.ReadUInt64LittleEndian(_rows.AsSpan(position))).AsByte(),
        Vector256.Create(
            0, 255, 255, 255, 1, 255, 255, 255, 2, 255, 255, 255, 255, 255, 255, 255,
            19, 255, 255, 255, 20, 255, 255, 255, 21, 255, 255, 255, 255, 255, 255, (byte)255)).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<int> EightBytes(ReadOnlySpan<byte> bytes) => Vector256.Shuffle(
        Vector256.Create(BinaryPrimitives.ReadUInt64LittleEndian(bytes)).AsByte(),
        Vector256.Create(
            0, 255, 255, 255, 1, 255, 255, 255, 2, 255, 255, 255, 3, 255, 255, 255,
            20, 255, 255, 255, 21, 255, 255, 255, 22, 255, 255, 255, 23, 255, 255, (byte)255)).AsInt32();

    /// <summary>Adds the two halves of a sum and writes the pixel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(Vector256<int> sums, Span<byte> pixel)
    {
        var levels = Clip(Vector256.Create(sums.GetLower() + sums.GetUpper() + Vector128.Create(ResampleWeights.Half), default)).GetLower();
        (pixel[0], pixel[1], pixel[2]) = ((byte)levels[0], (byte)levels[1], (byte)levels[2]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<uint> Clip(Vector256<int> sums) =>
        Vector256.Min(Vector256.Max(sums >> ResampleWeights.FractionBits, Vector256<int>.Zero), Vector256.Create(255)).AsUInt32();
}
