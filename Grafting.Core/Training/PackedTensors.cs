using Grafting.Core.Imaging;
using static TorchSharp.torch;

namespace Grafting.Core.Training;

// r rows, l row length, n image positions, m supervised positions

/// <summary>A <see cref="PackedBatch"/> on the device; lives in the dispose scope in which it was made.</summary>
/// <param name="Ids">Token ids, int64 [r, l].</param>
/// <param name="Positions">Position of each token in its own conversation, int64 [r, l].</param>
/// <param name="Mask">Whether a position may attend to another, bool [r, 1, l, l]: same conversation, not later.</param>
/// <param name="ImagePositions">Flat positions of image tokens, int64 [n].</param>
/// <param name="TargetPositions">Flat positions that predict, int64 [m].</param>
/// <param name="TargetIds">What they should predict, int64 [m].</param>
/// <param name="TargetWeights">Weight of each in the loss, float32 [m].</param>
/// <param name="Pictures">How each picture was cut, in the order of their positions.</param>
public sealed record PackedTensors(
    Tensor Ids, Tensor Positions, Tensor Mask, Tensor ImagePositions, Tensor TargetPositions, Tensor TargetIds, Tensor TargetWeights,
    IReadOnlyList<PictureLayout> Pictures)
{
    public static PackedTensors From(PackedBatch batch, Device device)
    {
        long[] grid = [batch.Rows, batch.Length];
        var segments_rl = tensor(batch.Segments, grid, device: device);
        var causal_ll = ones(batch.Length, batch.Length, dtype: ScalarType.Bool, device: device).tril();
        var mask_rll = segments_rl.unsqueeze(2).eq(segments_rl.unsqueeze(1)).logical_and(causal_ll);
        return new PackedTensors(
            tensor(batch.Ids, grid, device: device),
            tensor(batch.Positions, grid, device: device),
            mask_rll.unsqueeze(1),
            tensor(batch.ImagePositions, device: device),
            tensor(batch.TargetPositions, device: device),
            tensor(batch.TargetIds, device: device),
            tensor(batch.TargetWeights, device: device),
            batch.Pictures);
    }
}
