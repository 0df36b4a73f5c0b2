namespace Grafting.Core.Imaging;

/// <summary>What lies around a picture that does not fill its tiles.</summary>
public enum TilePadding
{
    /// <summary>The mean colour of the tower's pictures, as around a picture that is padded to a square.</summary>
    Mean,

    /// <summary>Black, as LLaVA-NeXT's processor pads.</summary>
    Black,
}

/// <summary>
/// How a picture is cut into tiles of the tower's size ("anyres"). The tower reads the whole picture, as a square, and then every tile. The
/// grid is chosen by the picture's shape as LLaVA-NeXT does: the one in which most of its pixels survive, and of several the one with least
/// waste.
/// </summary>
public sealed record Tiling
{
    /// <summary>Every grid of at most so many tiles is offered; or <see cref="Grids"/>.</summary>
    public int? MaxTiles { get; init; }

    /// <summary>The grids that are offered, rows x columns each; or <see cref="MaxTiles"/>.</summary>
    public IReadOnlyList<string>? Grids { get; init; }

    /// <summary>
    /// Whether the tiles' features are laid together as one map and read row by row, a learned vector after each (LLaVA-NeXT's
    /// <c>image_newline</c>); else tile follows tile, without any such vector, as the published code of arXiv 2505.22664 has it.
    /// </summary>
    public bool RowEnd { get; init; } = true;

    /// <summary>Whether rows or columns of the map that show nothing but padding are left out, as LLaVA-NeXT does.</summary>
    public bool Unpad { get; init; }

    public TilePadding Padding { get; init; } = TilePadding.Mean;

    /// <summary>The grids, in the order in which they are compared.</summary>
    public IReadOnlyList<TileGrid> Offered() => Grids is { } grids
        ? [.. grids.Select(TileGrid.Parse)]
        : [.. from rows in Enumerable.Range(1, MaxTiles!.Value)
              from columns in Enumerable.Range(1, MaxTiles.Value / rows)
              select new TileGrid(rows, columns)];

    /// <summary>The grid for a picture of a size. Checked against transformers' <c>select_best_resolution</c>.</summary>
    /// <param name="width">Of the upright picture, in pixels.</param>
    /// <param name="size">Side of a tile, in pixels.</param>
    public TileGrid Choose(int width, int height, int size)
    {
        var (best, kept, wasted) = (default(TileGrid), 0L, long.MaxValue);
        foreach (var grid in Offered())
        {
            var (across, down) = ((long)grid.Columns * size, (long)grid.Rows * size);
            var scale = Math.Min((double)across / width, (double)down / height);
            var effective = Math.Min((long)(width * scale) * (long)(height * scale), (long)width * height);
            var waste = across * down - effective;
            if (effective < kept || (effective == kept && waste >= wasted)) continue;
            (best, kept, wasted) = (grid, effective, waste);
        }
        return best;
    }

    /// <exception cref="GraftException">Usage, naming the value.</exception>
    public Tiling Validate()
    {
        if (MaxTiles is null == Grids is null)
            throw Fault.Usage("tiles need either 'maxTiles' or 'grids'.", "Write 'maxTiles: 4', or 'grids: [1x2, 2x1, 2x2]'.");
        Fault.IfOutside(MaxTiles ?? 1, 1, TileGrid.MostTiles, nameof(MaxTiles));
        if (Grids is { Count: 0 })
            throw Fault.Usage("tiles.grids is empty; at least one grid was expected.", "Write 'grids: [1x2, 2x1, 2x2]'.");
        if (Offered() is { } offered && offered.Distinct().Count() < offered.Count)
            throw Fault.Usage(
                $"tiles.grids has {offered.GroupBy(grid => grid).First(same => same.Count() > 1).Key} twice.", "List it once.");
        if (Unpad && !RowEnd)
        {
            throw Fault.Usage(
                "tiles.unpad is true and tiles.rowEnd is false; tiles that are not laid together cannot be cut to the picture.",
                "Leave one of them out.");
        }
        return this;
    }

    public bool Equals(Tiling? other) =>
        other is not null && (MaxTiles, RowEnd, Unpad, Padding) == (other.MaxTiles, other.RowEnd, other.Unpad, other.Padding)
        && (Grids ?? []).SequenceEqual(other.Grids ?? []);

    public override int GetHashCode() => HashCode.Combine(MaxTiles, Grids?.Count, RowEnd, Unpad, Padding);
}
