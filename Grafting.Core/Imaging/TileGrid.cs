using System.Globalization;

namespace Grafting.Core.Imaging;

/// <summary>A grid of squares that a picture can be cut into; written <c>2x3</c> for two rows of three.</summary>
public readonly record struct TileGrid(int Rows, int Columns)
{
    /// <summary>More would take more positions than any decoder has.</summary>
    public const int MostTiles = 144;

    public int Tiles => Rows * Columns;

    /// <exception cref="GraftException">Usage, when the text is no grid or one of too many tiles.</exception>
    public static TileGrid Parse(string text)
    {
        var sides = text.Split('x');
        if (sides.Length == 2 && Side(sides[0], out var rows) && Side(sides[1], out var columns) && rows * columns <= MostTiles)
            return new(rows, columns);
        throw Fault.Usage(
            $"tiles.grids has {Printable.Quote(text)}; rows and columns were expected, such as 2x3, of at most {MostTiles} tiles.",
            "Two rows of three columns are 2x3.");
    }

    public override string ToString() => FormattableString.Invariant($"{Rows}x{Columns}");

    static bool Side(string text, out int side) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out side) && side is >= 1 and <= MostTiles;
}
