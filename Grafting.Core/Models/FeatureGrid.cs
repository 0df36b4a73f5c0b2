namespace Grafting.Core.Models;

/// <summary>
/// How the features of one square picture lie: class tokens first, then the rows of a grid, from top to bottom and from left to right.
/// </summary>
public readonly record struct FeatureGrid(int Rows, int Columns, int ClassTokens = 0)
{
    public int Tokens => ClassTokens + Rows * Columns;

    /// <summary>What leaves a tower by a feature path.</summary>
    public static FeatureGrid Of(TowerShape tower, FeaturePath path)
    {
        var side = tower.ImageSize / tower.PatchSize;
        return new(side, side, path.KeepClass ? tower.ClassTokens : 0);
    }

    /// <inheritdoc cref="Of(TowerShape, FeaturePath)"/>
    public static FeatureGrid Of(VisionTower tower) => Of(tower.Config.Shape, tower.Path);
}
