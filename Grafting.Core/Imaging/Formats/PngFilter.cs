using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Grafting.Core.Imaging.Formats;

/// <summary>Undoes what PNG does to a row before it is compressed: every byte is the difference from a guess by its neighbours.</summary>
/// <remarks>
/// Works on a whole pixel at a time, in eight lanes of 16 bits, whatever number of bytes it has; lanes beyond are computed in vain.
/// </remarks>
static class PngFilter
{
    /// <summary>Bytes that must follow in every span that is given: pixels are read and written eight bytes at a time.</summary>
    public const int Slack = 8;

    /// <param name="coded">A row as it was inflated, behind the byte that names its filter.</param>
    /// <param name="above">The row above, or zeros.</param>
    /// <param name="row">Receives the row.</param>
    /// <param name="pixelBytes">Distance between neighbours; 1 where a byte holds several pixels.</param>
    public static void Undo(byte filter, ReadOnlySpan<byte> coded, ReadOnlySpan<byte> above, Span<byte> row, int pixelBytes)
    {
        switch (filter)
        {
            case 0:
                coded.CopyTo(row);
                break;
            case 1:
                Undo<Left>(coded, above, row, pixelBytes);
                break;
            case 2:
                Undo<Up>(coded, above, row, pixelBytes);
                break;
            case 3:
                Undo<Average>(coded, above, row, pixelBytes);
                break;
            case 4:
                Undo<Paeth>(coded, above, row, pixelBytes);
                break;
            default:
                throw new InvalidDataException("its pixel data is damaged");
        }
    }

    static void Undo<TGuess>(ReadOnlySpan<byte> coded, ReadOnlySpan<byte> above, Span<byte> row, int pixelBytes)
        where TGuess : IGuess
    {
        var (left, diagonal) = (Vector128<short>.Zero, Vector128<short>.Zero);
        for (int i = 0; i < row.Length - Slack; i += pixelBytes)
        {
            var up = Widen(above[i..]);
            left = Widen(coded[i..]) + TGuess.From(left, up, diagonal) & Vector128.Create((short)255);
            diagonal = up;
            BinaryPrimitives.WriteUInt64LittleEndian(row[i..], Vector128.Narrow(left.AsUInt16(), left.AsUInt16()).AsUInt64().ToScalar());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<short> Widen(ReadOnlySpan<byte> bytes) =>
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(BinaryPrimitives.ReadUInt64LittleEndian(bytes)).AsByte()).AsInt16();

    interface IGuess
    {
        static abstract Vector128<short> From(Vector128<short> left, Vector128<short> up, Vector128<short> diagonal);
    }

    readonly struct Left : IGuess
    {
        public static Vector128<short> From(Vector128<short> left, Vector128<short> up, Vector128<short> diagonal) => left;
    }

    readonly struct Up : IGuess
    {
        public static Vector128<short> From(Vector128<short> left, Vector128<short> up, Vector128<short> diagonal) => up;
    }

    readonly struct Average : IGuess
    {
        public static Vector128<short> From(Vector128<short> left, Vector128<short> up, Vector128<short> diagonal) => left + up >> 1;
    }

    /// <summary>The neighbour that is nearest to left + up - diagonal; of equals, the first of left, up, diagonal.</summary>
    readonly struct Paeth : IGuess
    {
        public static Vector128<short> From(Vector128<short> left, Vector128<short> up, Vector128<short> diagonal)
        {
            var (byLeft, byUp) = (up - diagonal, left - diagonal);
            var byDiagonal = Vector128.Abs(byLeft + byUp);
            (byLeft, byUp) = (Vector128.Abs(byLeft), Vector128.Abs(byUp));
            var nearest = Vector128.Min(Vector128.Min(byLeft, byUp), byDiagonal);
            return Vector128.ConditionalSelect(
                Vector128.Equals(nearest, byLeft), left, Vector128.ConditionalSelect(Vector128.Equals(nearest, byUp), up, diagonal));
        }
    }
}
