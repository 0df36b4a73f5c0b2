using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Transfer;
using Grafting.Core.Transfer.Export;

namespace Grafting.Tests.Transfer.Export;

/// <summary>What can be exported: grafts, trained further or not, and bundles.</summary>
public sealed class ExportSourceTests : InExportShop
{
    [Test]
    public void Adapters_of_low_rank_are_to_be_merged_first()
    {
        var tuned = Tuned(shop.Graft(Hidden), new FineTuned(FineTuneMethod.Lora, 1, 1, 1), _ => { });
        var error = Assert.Throws<GraftException>(() => ExportSource.Open(tuned.Folder))!;
        Assert.That((error.Kind, error.Message), Is.EqualTo((ErrorKind.Input, error.Message)));
        Assert.That(error.Remedy, Does.Contain($"graft merge {tuned.Folder}"));
    }

    [Test]
    public void A_graft_with_a_model_of_its_own_exports_that_model([Values] bool merged)
    {
        var (target, changed) = (shop.Target(seed: 1), shop.Target(seed: 2));
        var tuning = new FineTuned(merged ? FineTuneMethod.Lora : FineTuneMethod.Full, 1, 1, 1, merged);
        var tuned = Tuned(shop.Graft(Hidden, target), tuning, staging =>
        {
            foreach (var file in Directory.EnumerateFiles(changed)) File.Copy(file, Path.Combine(staging, Path.GetFileName(file)));
        });
        var export = shop.Export(tuned);
        using var own = Checkpoint.Open(changed);
        using var written = Checkpoint.Open(export.Output);
        Assert.That(
            Digests.Sha256(written.Tensor("language_model.model.layers.1.mlp.up_proj.weight")),
            Is.EqualTo(Digests.Sha256(own.Tensor("model.layers.1.mlp.up_proj.weight"))));
        Assert.That(export.Comparison!.Logits, Is.LessThanOrEqualTo(1e-6));
    }

    [Test]
    public void A_bundle_is_exported_with_the_target_that_it_was_trained_for()
    {
        var target = shop.Target();
        var bundle = shop.Bundle(Hidden, target);
        var export = HuggingFaceWriter.Write(ExportSource.Open(bundle.Folder), new ExportRequest(shop["out"], "test"));
        Assert.That(export.Comparison!.Logits, Is.LessThanOrEqualTo(1e-6));
        Directory.Move(target, target + "-elsewhere");
        var error = Assert.Throws<GraftException>(
            () => HuggingFaceWriter.Plan(ExportSource.Open(bundle.Folder), new ExportRequest(shop["other"], "test")))!;
        Assert.That(error.Remedy, Does.Contain("graft transfer --bundle"));
    }

    [Test]
    public void Anything_else_is_refused_by_its_kind()
    {
        var export = shop.Export(shop.Graft(Hidden, shop.Target()));
        Assert.That(
            Assert.Throws<GraftException>(() => ExportSource.Open(export.Output))!.Message,
            Does.Contain("is of the kind \"export\"; a graft or a bundle"));
    }

    GraftArtefact Tuned(GraftArtefact graft, FineTuned tuning, Action<string> write) => GraftArtefact.Write(
        graft, tuning, shop[$"tuned-{tuning.Method}-{tuning.Merged}"], new Origin("test"), replace: false, staging =>
        {
            foreach (var name in EncoderFiles.Names) File.Copy(Path.Combine(graft.Folder, name), Path.Combine(staging, name));
            write(staging);
            return new Dictionary<string, FileStamp>();
        });
}
