using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Grafting.Core.Imaging;

/// <summary>Resizes pictures with exactly the pixels that Pillow's <c>Image.resize</c> gives.</summary>
/// <remarks>
/// Two passes of integer arithmetic, first along rows and then along columns, each rounded to 8 bits. Vision towers are trained on
/// such pixels, and a resize that differs by one level here and there moves their features measurably.
/// </remarks>
public static class Resampler
{
    /// <param name="width">Columns of the result, at least 1.</param>
    /// <param name="height">Rows of the result, at least 1.</param>
    /// <returns>A new picture, or <paramref name="image"/> itself where the size is already right.</returns>
    public static RgbImage Resize(RgbImage image, int width, int height, ResampleFilter filter)
    {
        Fault.IfOutside(width, 1, ImageLimits.Default.MaxSide);
        Fault.IfOutside(height, 1, ImageLimits.Default.MaxSide);
        if (width == image.Width && height == image.Height) return image;
        return Render(image, Canvas.Around(image), width, height, filter, new Window(0, 0, width, height));
    }

    /// <summary>
    /// Places the picture on a canvas, resizes the canvas and cuts out a window. Only what the window shows is computed, so that an
    /// extremely long picture costs no more than others, neither when it is padded to a square nor when its shortest edge is enlarged.
    /// </summary>
    /// <param name="width">Size to which the whole canvas is resized.</param>
    internal static RgbImage Render(RgbImage image, Canvas canvas, int width, int height, ResampleFilter filter, Window window)
    {
        var columns = ResampleWeights.Create(canvas.Width, width, filter, window.Left, window.Width);
        var rows = ResampleWeights.Create(canvas.Height, height, filter, window.Top, window.Height);
        var (first, end) = rows.Reach;
        first = Math.Clamp(first - canvas.Top, 0, image.Height);
        end = Math.Clamp(end - canvas.Top, first, image.Height);

        // Rows of the picture that the window reaches; all rows above and below it look like one row of background.
        int rowBytes = 3 * window.Width;
        var narrowed = GC.AllocateUninitializedArray<byte>(checked(rowBytes * (end - first)));
        // Pixels are read four bytes at a time; the last one needs a byte behind it.
        var source = new byte[3 * canvas.Width + 1];
        canvas.FillBackground(source.AsSpan(0, 3 * canvas.Width));
        var background = new byte[rowBytes];
        AlongRow(source, columns, 0, columns.Count, background);
        var (from, to) = columns.Reading(canvas.Left, canvas.Left + image.Width);
        for (int y = first; y < end; y++)
        {
            image.Row(y).CopyTo(source.AsSpan(3 * canvas.Left));
            var target = narrowed.AsSpan(rowBytes * (y - first), rowBytes);
            background.CopyTo(target);
            AlongRow(source, columns, from, to, target);
        }

        var pixels = GC.AllocateUninitializedArray<byte>(checked(rowBytes * window.Height));
        var sums = new int[rowBytes];
        for (int y = 0; y < window.Height; y++)
        {
            Array.Fill(sums, ResampleWeights.Half);
            int row = rows.Starts[y] - canvas.Top;
            foreach (int weight in rows.At(y))
            {
                Accumulate(row >= first && row < end ? narrowed.AsSpan(rowBytes * (row - first), rowBytes) : background, weight, sums);
                row++;
            }
            var target = pixels.AsSpan(rowBytes * y, rowBytes);
            for (int i = 0; i < rowBytes; i++) target[i] = Clip(sums[i]);
        }
        return new RgbImage(window.Width, window.Height, pixels);
    }

    static void AlongRow(byte[] source, ResampleWeights columns, int from, int to, Span<byte> target)
    {
        for (int x = from; x < to; x++)
        {
            var sum = Vector128.Create(ResampleWeights.Half);
            int position = 3 * columns.Starts[x];
            foreach (int weight in columns.At(x))
            {
                sum += Widen(MemoryMarshal.Read<uint>(source.AsSpan(position))) * weight;
                position += 3;
            }
            target[3 * x] = Clip(sum[0]);
            target[3 * x + 1] = Clip(sum[1]);
            target[3 * x + 2] = Clip(sum[2]);
        }
    }

    static void Accumulate(ReadOnlySpan<byte> row, int weight, Span<int> sums)
    {
        var words = MemoryMarshal.Cast<byte, uint>(row);
        var vectors = MemoryMarshal.Cast<int, Vector128<int>>(sums);
        for (int i = 0; i < words.Length; i++) vectors[i] += Widen(words[i]) * weight;
        for (int i = 4 * words.Length; i < row.Length; i++) sums[i] += row[i] * weight;
    }

    /// <summary>Four bytes to four 32-bit numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<int> Widen(uint bytes) =>
        Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(bytes).AsByte())).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static byte Clip(int sum) => (byte)Math.Clamp(sum >> ResampleWeights.FractionBits, 0, 255);
}
