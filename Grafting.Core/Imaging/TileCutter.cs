namespace Grafting.Core.Imaging;

/// <summary>Lays a picture on a grid of tiles and cuts it along them.</summary>
/// <remarks>Checked against transformers' <c>image_processing_llava_next.py</c>: resized with its proportions, then centred.</remarks>
static class TileCutter
{
    /// <param name="size">Side of a tile, in pixels.</param>
    /// <param name="background">Red, green and blue of what the picture does not cover.</param>
    /// <returns>size x size each, row by row.</returns>
    public static IReadOnlyList<RgbImage> Cut(
        RgbImage image, TileGrid grid, int size, ResampleFilter filter, (byte Red, byte Green, byte Blue) background)
    {
        var (width, height) = Inside(image, grid.Columns * size, grid.Rows * size);
        var resized = Resampler.Resize(image, width, height, filter);
        // Of an odd rest, the larger half lies to the right and below.
        var (left, top) = ((grid.Columns * size - width) / 2, (grid.Rows * size - height) / 2);
        var canvas = new Canvas(size, size, 0, 0, background.Red, background.Green, background.Blue);
        var tiles = new List<RgbImage>(grid.Tiles);
        for (var row = 0; row < grid.Rows; row++)
            for (var column = 0; column < grid.Columns; column++)
                tiles.Add(Tile(resized, canvas, left - column * size, top - row * size));
        return tiles;
    }

    /// <summary>The largest size of the same proportions in a frame; the side that does not touch it is rounded up.</summary>
    static (int Width, int Height) Inside(RgbImage image, int width, int height)
    {
        var (across, down) = ((double)width / image.Width, (double)height / image.Height);
        return across < down
            ? (width, Math.Min((int)Math.Ceiling(image.Height * across), height))
            : (Math.Min((int)Math.Ceiling(image.Width * down), width), height);
    }

    /// <summary>What a canvas shows of a picture that lies with its upper left corner at (left, top), which may be outside.</summary>
    static RgbImage Tile(RgbImage image, Canvas canvas, int left, int top)
    {
        var tile = new RgbImage(canvas.Width, canvas.Height, new byte[3 * canvas.Width * canvas.Height]);
        var (from, to) = (Math.Max(left, 0), Math.Min(left + image.Width, canvas.Width));
        for (var y = 0; y < canvas.Height; y++)
        {
            var row = tile.Row(y);
            canvas.FillBackground(row);
            if (y >= top && y < top + image.Height && to > from)
                image.Row(y - top).Slice(3 * (from - left), 3 * (to - from)).CopyTo(row[(3 * from)..]);
        }
        return tile;
    }
}
