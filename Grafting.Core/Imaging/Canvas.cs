namespace Grafting.Core.Imaging;

/// <summary>
/// A surface on which a picture lies, its upper left corner at (Left, Top); what it does not cover has the background colour.
/// </summary>
readonly record struct Canvas(int Width, int Height, int Left, int Top, byte Red, byte Green, byte Blue)
{
    /// <summary>Nothing but the picture.</summary>
    public static Canvas Around(RgbImage image) => new(image.Width, image.Height, 0, 0, 0, 0, 0);

    public void FillBackground(Span<byte> row)
    {
        for (int i = 0; i < row.Length; i += 3) (row[i], row[i + 1], row[i + 2]) = (Red, Green, Blue);
    }
}

/// <summary>The part of a resized canvas that is wanted.</summary>
readonly record struct Window(int Left, int Top, int Width, int Height);
