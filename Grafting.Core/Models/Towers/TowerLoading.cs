using Grafting.Core.Checkpoints;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Towers;

/// <summary>Fills a tower from a checkpoint that may hold other parts too, or be of another picture size.</summary>
static class TowerLoading
{
    /// <summary>
    /// What stands beside a tower in the checkpoints in which towers are found: the other side of a CLIP or SigLIP, the rest of a LLaVA, a
    /// classifier.
    /// </summary>
    static readonly string[] OtherParts =
    [
        "text_model.*", "text_projection.weight", "visual_projection.weight", "logit_scale", "logit_bias",
        "language_model.*", "model.language_model.*", "lm_head.weight",
        "multi_modal_projector.*", "model.multi_modal_projector.*", "image_newline", "model.image_newline",
        "classifier.*",
    ];

    /// <param name="stored">What the checkpoint holds.</param>
    /// <param name="wanted">The same, or resized.</param>
    public static VisionTower Load(
        Checkpoint checkpoint, VisionTowerConfig stored, VisionTowerConfig wanted, FeaturePath path, Device device, ScalarType dtype)
    {
        var (tensors, folder) = (checkpoint.Tensors, checkpoint.Folder);
        var keys = Keys(stored, tensors.Keys, folder);
        // Without memory first: a configuration that asks for more than the files hold is refused before it gets any.
        using (var outline = stored.Build(path, META, dtype)) Weights.Check(outline, keys, tensors, folder);
        var tower = wanted.Build(path, device, dtype);
        try
        {
            if (wanted == stored) Weights.Load(tower, keys, tensors, folder);
            else FillResized(tower, keys, tensors, stored.Shape);
            return tower;
        }
        catch
        {
            tower.Dispose();
            throw;
        }
    }

    /// <summary>Names of the tower's parameters, with the other parts on the list of what is ignored.</summary>
    /// <param name="folder">The checkpoint's, for messages.</param>
    public static KeyMap Keys(VisionTowerConfig stored, IEnumerable<string> tensors, string folder) =>
        TowerFamilies.FindKeys(stored, tensors, folder).Ignoring(OtherParts);

    static void FillResized(VisionTower tower, KeyMap keys, IReadOnlyDictionary<string, StoredTensor> tensors, TowerShape stored)
    {
        foreach (var (name, parameter) in tower.named_parameters())
            if (name != VisionTower.PositionsName) TensorLoading.Fill(parameter, tensors[keys.ToTheirs(name)!]);
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var file = tensors[keys.ToTheirs(VisionTower.PositionsName)!];
        // Resampled before it is rounded to the tower's dtype, on the CPU: the same numbers whatever the device.
        var table = empty(file.Entry.Shape, tower.DType == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32, CPU);
        TensorLoading.Fill(table, file);
        tower.Positions.copy_(tower.resample_positions(table, stored));
    }
}
