using Grafting.Core.Imaging;

namespace Grafting.Core.Models;

/// <summary>
/// How many positions pictures take in the language model's sequence, and in which order: start vector, the whole picture, its tiles, end
/// vector.
/// </summary>
public sealed class PicturePositions
{
    readonly FeatureGrid _square;
    readonly Tiling? _tiling;
    readonly bool _boundary;
    readonly int? _fixed;

    /// <param name="square">What the adapter gives for one square.</param>
    /// <param name="tiling">How pictures are cut; null: each is one square.</param>
    /// <param name="boundary">Whether vectors stand before and after a picture.</param>
    public PicturePositions(FeatureGrid square, Tiling? tiling, bool boundary = true) =>
        (_square, _tiling, _boundary) = (square, tiling, boundary);

    PicturePositions(int positions) => _fixed = positions;

    /// <summary>So many for every picture.</summary>
    public static implicit operator PicturePositions(int positions) => new(positions);

    /// <summary>Whether a picture's shape decides how many positions it takes.</summary>
    public bool DependOnShape => _tiling is not null;

    /// <summary>Positions of one picture, those of the boundary included.</summary>
    public int Of(PictureLayout layout)
    {
        if (_fixed is { } positions) return positions;
        Check(layout);
        return (_boundary ? 2 : 0) + _square.Tokens + TilePositions(layout);
    }

    /// <summary>Positions of a picture of a conversation.</summary>
    /// <param name="layouts">Of its pictures; null where each is one square.</param>
    /// <param name="picture">Which of them, from 0.</param>
    public int Of(IReadOnlyList<PictureLayout>? layouts, int picture) => Of(layouts is null ? PictureLayout.Whole : layouts[picture]);

    /// <summary>
    /// Row numbers, for every position of some pictures one after another, in a table that holds the tokens of all squares, square by
    /// square, and then, as far as there are such, the start vector, the end vector and the vector that ends a row.
    /// </summary>
    /// <param name="layouts">In the order of their squares.</param>
    /// <exception cref="ArgumentException">When these are not so many squares.</exception>
    public long[] Gather(IReadOnlyList<PictureLayout> layouts, long squares)
    {
        var needed = layouts.Sum(layout => (long)layout.Squares);
        if (needed != squares)
            throw new ArgumentException($"the pictures are cut into {needed} squares, and {squares} are given", nameof(squares));
        var (start, rows, square) = (squares * _square.Tokens, new List<long>(layouts.Sum(Of)), 0L);
        var rowEnd = start + (_boundary ? 2 : 0);
        foreach (var layout in layouts)
        {
            if (_boundary) rows.Add(start);
            Add(square * _square.Tokens, _square.Tokens);
            if (_tiling is { RowEnd: false }) Add((square + 1) * _square.Tokens, layout.Grid.Tiles * _square.Tokens);
            else if (layout.IsTiled) AddMap(layout, square + 1);
            if (_boundary) rows.Add(start + 1);
            square += layout.Squares;
        }
        return [.. rows];

        void Add(long first, int count)
        {
            for (var i = 0; i < count; i++) rows.Add(first + i);
        }

        // The tiles' features laid together, read row by row.
        void AddMap(PictureLayout layout, long firstTile)
        {
            var (top, left) = Trimmed(layout);
            for (var row = top; row < layout.Grid.Rows * _square.Rows - top; row++)
            {
                for (var column = left; column < layout.Grid.Columns * _square.Columns - left; column++)
                {
                    var tile = firstTile + row / _square.Rows * layout.Grid.Columns + column / _square.Columns;
                    rows.Add(tile * _square.Tokens + row % _square.Rows * _square.Columns + column % _square.Columns);
                }
                rows.Add(rowEnd);
            }
        }
    }

    int TilePositions(PictureLayout layout)
    {
        if (!layout.IsTiled) return 0;
        if (_tiling!.RowEnd is false) return layout.Grid.Tiles * _square.Tokens;
        var (top, left) = Trimmed(layout);
        return (layout.Grid.Rows * _square.Rows - 2 * top) * (layout.Grid.Columns * _square.Columns - 2 * left + 1);
    }

    /// <summary>Rows and columns of the map that are left out on either side. Checked against LLaVA-NeXT's <c>unpad_image</c>.</summary>
    (int Rows, int Columns) Trimmed(PictureLayout layout)
    {
        if (_tiling is not { Unpad: true }) return (0, 0);
        var (rows, columns) = (layout.Grid.Rows * _square.Rows, layout.Grid.Columns * _square.Columns);
        if ((double)layout.Width / layout.Height > (double)columns / rows)
            return ((rows - (int)Math.Round(layout.Height * ((double)columns / layout.Width), 7)) / 2, 0);
        return (0, (columns - (int)Math.Round(layout.Width * ((double)rows / layout.Height), 7)) / 2);
    }

    void Check(PictureLayout layout)
    {
        if (layout.IsTiled == _tiling is not null) return;
        throw new ArgumentException(
            layout.IsTiled
                ? "the picture is cut into tiles, and the encoder takes none"
                : "the encoder takes tiles, and the picture is not cut into any");
    }
}
