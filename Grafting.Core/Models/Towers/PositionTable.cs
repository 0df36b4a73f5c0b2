using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Towers;

/// <summary>Learned positions of a square grid of patches, made to fit another grid.</summary>
internal static class PositionTable
{
    /// <summary>
    /// Resamples the part that belongs to patches, bicubic and with corners not aligned, as transformers' <c>interpolate_pos_encoding</c>;
    /// in float32 also where the table is narrower (float64 keeps its own). Gradients reach the table.
    /// </summary>
    /// <param name="table">[.., class tokens + side², w]</param>
    /// <param name="shape">Of the tower that the table belongs to.</param>
    /// <param name="rows">Patches below each other.</param>
    /// <param name="columns">Patches beside each other.</param>
    /// <param name="antialias">Whether a smaller grid averages over all that it covers.</param>
    /// <returns>[.., class tokens + rows · columns, w]; the table itself where the grid is the same.</returns>
    public static Tensor Resample(Tensor table, TowerShape shape, long rows, long columns, bool antialias)
    {
        long side = shape.PatchesPerSide, classes = shape.ClassTokens, width = shape.Width;
        if (rows == side && columns == side) return table;
        using var scope = NewDisposeScope();
        var flat = table.view(-1, width);
        var exact = table.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var grid = flat.narrow(0, classes, side * side).to(exact).view(1, side, side, width).permute(0, 3, 1, 2);
        var resampled = nn.functional.interpolate(
            grid, [rows, columns], mode: InterpolationMode.Bicubic, align_corners: false, antialias: antialias);
        var patches = resampled.permute(0, 2, 3, 1).reshape(rows * columns, width).to(table.dtype);
        var whole = classes == 0 ? patches : torch.cat([flat.narrow(0, 0, classes), patches], 0);
        long[] leading = [.. table.shape[..^2], classes + (rows * columns), width];
        return whole.view(leading).MoveToOuterDisposeScope();
    }
}
