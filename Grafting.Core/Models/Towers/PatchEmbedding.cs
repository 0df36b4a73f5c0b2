using Grafting.Core.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Towers;

/// <summary>One linear map for every patch. What is left over at the right and at the bottom of a picture is not seen.</summary>
// b batch, c colour channels, n patches, p numbers of a patch, w width
internal sealed class PatchEmbedding : nn.Module
{
    readonly Parameter weight;
    readonly Parameter? bias;
    readonly int _side;

    public PatchEmbedding(int side, int width, bool hasBias, Device device, ScalarType dtype) : base(nameof(PatchEmbedding))
    {
        _side = side;
        weight = Parameters.Empty(device, dtype, width, TowerShape.Channels, side, side);
        bias = hasBias ? Parameters.Empty(device, dtype, width) : null;
        RegisterComponents();
    }

    /// <returns>[b, n, w], row by row of the picture.</returns>
    /// <remarks>
    /// Written as a matrix product and not as the convolution that it is: patches do not overlap, and one product over all pictures
    /// is faster on a CPU and summed in the same order whatever the batch.
    /// </remarks>
    public Tensor forward(Tensor pixels_bchw)
    {
        var (b, c, rows, columns) = (
            pixels_bchw.shape[0], pixels_bchw.shape[1], pixels_bchw.shape[2] / _side, pixels_bchw.shape[3] / _side);
        var seen = pixels_bchw.narrow(2, 0, rows * _side).narrow(3, 0, columns * _side);
        var patches_bnp = seen.view(b, c, rows, _side, columns, _side).permute(0, 2, 4, 1, 3, 5).reshape(
            b, rows * columns, c * _side * _side);
        return nn.functional.linear(patches_bnp, weight.view(weight.shape[0], -1), bias);
    }
}
