namespace Grafting.Core.Imaging;

/// <summary>Turns a picture upright by its EXIF orientation.</summary>
static class Orientation
{
    /// <param name="orientation">1 to 8, as EXIF numbers them; 5 to 8 swap width and height.</param>
    public static RgbImage Apply(RgbImage image, int orientation)
    {
        if (orientation == 1) return image;
        bool swapped = orientation >= 5;
        int width = swapped ? image.Height : image.Width, height = swapped ? image.Width : image.Height;
        var pixels = GC.AllocateUninitializedArray<byte>(image.Pixels.Length);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                var (column, row) = Source(orientation, x, y, image.Width - 1, image.Height - 1);
                image.Pixels.AsSpan(3 * (image.Width * row + column), 3).CopyTo(pixels.AsSpan(3 * (width * y + x)));
            }
        }
        return new RgbImage(width, height, pixels);
    }

    /// <summary>Where the upright pixel (x, y) lies in the stored picture, whose last column and row are given.</summary>
    static (int Column, int Row) Source(int orientation, int x, int y, int right, int bottom) => orientation switch
    {
        2 => (right - x, y),
        3 => (right - x, bottom - y),
        4 => (x, bottom - y),
        5 => (y, x),
        6 => (y, bottom - x),
        7 => (right - y, bottom - x),
        8 => (right - y, x),
        _ => Fault.Unreachable<(int, int)>(orientation),
    };
}
