namespace Grafting.Core.Models.Adapters;

/// <summary>Cells of neighbouring features that become one token each.</summary>
static class FeatureCells
{
    /// <summary>The grid of cells.</summary>
    /// <param name="kind">Of the adapter, for messages.</param>
    /// <param name="factor">Side of a cell in features.</param>
    /// <exception cref="GraftException">Usage: there is a class token, or a side of the grid is not a multiple of the cell's.</exception>
    public static FeatureGrid Of(string kind, FeatureGrid features, int factor)
    {
        if (features.ClassTokens > 0)
        {
            throw Fault.Usage(
                $"an adapter of kind '{kind}' joins neighbouring patches, and the class token, which features.keepClass keeps, is "
                    + "nobody's neighbour.",
                "Set features.keepClass to false.");
        }
        if (features.Rows % factor == 0 && features.Columns % factor == 0) return new(features.Rows / factor, features.Columns / factor);
        var side = features.Rows % factor == 0 ? features.Columns : features.Rows;
        var factors = Enumerable.Range(2, 15).Where(f => features.Rows % f == 0 && features.Columns % f == 0).ToList();
        throw Fault.Usage(
            $"adapter.factor is {factor}; the tower's patches are {features.Rows} x {features.Columns}, and {side} is no multiple of it.",
            factors.Count > 0
                ? $"Factors that fit: {string.Join(", ", factors)}."
                : "No factor up to 16 fits; choose another kind of adapter, or another picture size.");
    }
}
