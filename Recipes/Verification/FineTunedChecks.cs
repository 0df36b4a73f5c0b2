using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Lora;
using Grafting.Core.Transfer;
using static TorchSharp.torch;

namespace Grafting.Recipes.Verification;

/// <summary>Whether what fine-tuning made of a target is whole and fits it, and came from the graft that is named.</summary>
static class FineTunedChecks
{
    public static void Run(string folder, ArtefactManifest manifest, FineTuned tuning, Findings findings)
    {
        if (SourceChecks.Find(folder, manifest, GraftArtefact.GraftRole, findings) is { } graft && SourceChecks.IsThere(graft, findings))
        {
            if (findings.Try("graft", graft.Path, () => ArtefactManifest.Read(graft.Path, GraftArtefact.Kind)) is not null)
                SourceChecks.Identity(folder, graft, GraftArtefact.Identity(graft.Path), findings);
        }
        if (tuning.HoldsModel) Model(folder, findings);
        else Adapters(folder, manifest, findings);
    }

    /// <summary>Names and shapes of the checkpoint in the graft, against its own configuration.</summary>
    static void Model(string folder, Findings findings)
    {
        var tensors = findings.Try("model", folder, int? () =>
        {
            using var checkpoint = Checkpoint.Open(folder);
            using var outline = DecoderFamilies.ReadConfig(checkpoint).Build(META, ScalarType.Float32);
            return Weights.Check(outline, outline.Keys, checkpoint.Tensors, folder).Loaded.Count;
        });
        if (tensors is not null) findings.Holds("model", folder, tensors);
    }

    static void Adapters(string folder, ArtefactManifest manifest, Findings findings)
    {
        var path = Path.Combine(folder, PeftAdapter.WeightsName);
        using var adapter = findings.Try("adapters", path, () => PeftAdapter.Open(folder));
        if (adapter is null || SourceChecks.Find(folder, manifest, "target", findings) is not { } target
            || !SourceChecks.IsThere(target, findings))
            return;
        var matrices = findings.Try("adapters", path, int? () =>
        {
            using var model = Checkpoint.Open(target.Path);
            adapter.Check(
                name => model.Tensors.TryGetValue(name + ".weight", out var tensor) && tensor.Entry.Shape.Length == 2
                    ? tensor.Entry.Shape
                    : null);
            return adapter.Matrices.Count;
        });
        if (matrices is not null) findings.Holds("adapters", path, matrices);
    }
}
