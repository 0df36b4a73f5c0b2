using System.Buffers;

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

        // Rows of the picture that the window reaches, and the one that all rows above and below it look like.
        int rowBytes = 3 * window.Width, background = rowBytes * (end - first);
        var narrowed = ArrayPool<byte>.Shared.Rent(checked(background + rowBytes + RowBlock.Slack));
        Narrow(image, canvas, columns, first, end, narrowed);
        var pixels = GC.AllocateUninitializedArray<byte>(checked(rowBytes * window.Height));
        var line = new byte[rowBytes + RowBlock.Slack];
        var offsets = new int[rows.MostTaps];
        for (int y = 0; y < window.Height; y++)
        {
            var weights = rows.At(y);
            for (int tap = 0, row = rows.Starts[y] - canvas.Top; tap < weights.Length; tap++, row++)
                offsets[tap] = row >= first && row < end ? rowBytes * (row - first) : background;
            RowBlock.Combine(narrowed, offsets, weights, line);
            line.AsSpan(0, rowBytes).CopyTo(pixels.AsSpan(rowBytes * y));
        }
        ArrayPool<byte>.Shared.Return(narrowed);
        return new RgbImage(window.Width, window.Height, pixels);
    }

    /// <summary>
    /// Resizes rows [first, end) of a picture on its canvas along their length, and behind them one of nothing but background.
    /// </summary>
    static void Narrow(RgbImage image, Canvas canvas, ResampleWeights columns, int first, int end, byte[] narrowed)
    {
        int rowBytes = 3 * columns.Count;
        var source = new RowBlock(canvas.Width);
        for (int i = 0; i < RowBlock.Rows; i++) canvas.FillBackground(source.Row(i));
        var background = narrowed.AsSpan(rowBytes * (end - first), rowBytes);
        source.Narrow(columns, 0, columns.Count, background, 1);
        var (from, to) = columns.Reading(canvas.Left, canvas.Left + image.Width);
        for (int y = first; y < end; y += RowBlock.Rows)
        {
            int count = Math.Min(RowBlock.Rows, end - y);
            var target = narrowed.AsSpan(rowBytes * (y - first), rowBytes * count);
            for (int i = 0; i < count; i++)
            {
                image.Row(y + i).CopyTo(source.Row(i)[(3 * canvas.Left)..]);
                background.CopyTo(target[(rowBytes * i)..]);
            }
            source.Narrow(columns, from, to, target, count);
        }
    }
}
