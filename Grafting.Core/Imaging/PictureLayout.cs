namespace Grafting.Core.Imaging;

/// <summary>How a picture was cut.</summary>
/// <param name="Grid">Of tiles; 0 x 0 for a picture that is read as one square.</param>
/// <param name="Width">Of the upright picture, in pixels.</param>
/// <param name="Height">Of the upright picture, in pixels.</param>
public readonly record struct PictureLayout(TileGrid Grid, int Width, int Height)
{
    /// <summary>A picture that is read as one square.</summary>
    public static PictureLayout Whole => default;

    public bool IsTiled => Grid.Tiles > 0;

    /// <summary>Squares that pass through the tower.</summary>
    public int Squares => 1 + Grid.Tiles;
}

/// <summary>A picture as the tower reads it.</summary>
/// <param name="Pixels">Squares one after another, float32 [n, 3, S, S]: the whole picture, then its tiles, row by row.</param>
public sealed record PreparedPicture(float[] Pixels, PictureLayout Layout)
{
    /// <summary>A picture that is read as one square.</summary>
    public static implicit operator PreparedPicture(float[] square) => new(square, PictureLayout.Whole);
}

/// <summary>A picture cut, in 8 bits, small enough to be kept.</summary>
/// <param name="Squares">As in <see cref="PreparedPicture"/>.</param>
public sealed record CutPicture(IReadOnlyList<RgbImage> Squares, PictureLayout Layout)
{
    public long Bytes => Squares.Sum(square => square.Pixels.LongLength);
}
