using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Models.Generation;
using Grafting.Core.Transfer;
using Grafting.Core.Transfer.Export;
using Grafting.Core.Transfer.Import;
using Grafting.Recipes.Runs;
using Grafting.Tests.Models;
using Grafting.Tests.Support;
using Grafting.Tests.Transfer.Export;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.Transfer.Import;

/// <summary>Encoders taken out of LLaVA folders.</summary>
public sealed class LlavaImportTests : InExportShop
{
    // Fixtures README, section "LLaVA composite".
    const double ImageFeatureTolerance = 2e-5;

    [Test]
    public void The_fixtures_features_are_the_references([Values("llava_classic", "llava_v5")] string layout)
    {
        var bundle = ImportRun.Run(new ImportRequest(Fixture(layout), shop["bundle"], null, "test"));
        using var expected = new Expected(Path.Combine(Shared.Fixture("llava"), "expected.safetensors"));
        using var _ = no_grad();
        using var encoder = bundle.Load(CPU, ScalarType.Float32);
        Compare.Close(
            encoder.forward(expected.Floats("full.pixel_values")), expected.Floats("full.image_features"), ImageFeatureTolerance,
            "features");
        Assert.Multiple(() =>
        {
            Assert.That(encoder.Boundary, Is.Null);
            Assert.That((encoder.Tokens, bundle.Encoder.Template, bundle.Encoder.ImagePrompt), Is.EqualTo((16, "plain", (string?)null)));
            Assert.That(EncoderFiles.Preprocessing(bundle.Folder, bundle.Encoder), Is.EqualTo(PreprocessorConfig.Clip(28)));
            // Embedding, 4 layers of 9 tensors, norm; under the names of the language model alone.
            Assert.That(bundle.Fingerprint, Has.Count.EqualTo(1 + (4 * 9) + 1));
            Assert.That(bundle.Fingerprint.Keys, Has.All.StartsWith("model.").And.None.Contains("language_model"));
        });
    }

    [Test]
    public void Both_layouts_have_one_fingerprint() => Assert.That(
        ImportRun.Run(new ImportRequest(Fixture("llava_v5"), shop["a"], null, "test")).Fingerprint,
        Is.EquivalentTo(ImportRun.Run(new ImportRequest(Fixture("llava_classic"), shop["b"], null, "test")).Fingerprint));

    [TestCase(false, true, TestName = "A_Llava_with_its_vectors_comes_back")]
    [TestCase(true, true, TestName = "A_VipLlava_with_its_vectors_comes_back")]
    [TestCase(false, false, TestName = "A_Llava_without_vectors_comes_back")]
    public void Exported_imported_and_grafted_again_the_logits_are_the_same(bool postNorm, bool boundary)
    {
        var target = shop.Target();
        var graft = shop.Graft(postNorm ? Normed : Hidden, target, boundary, imagePrompt: "Look at");
        var export = shop.Export(graft);
        var bundle = ImportRun.Run(new ImportRequest(export.Output, shop["bundle"], null, "test"));
        var again = GraftArtefact.Create(bundle, target, shop["again"], new Origin("test"), replace: false);
        Assert.Multiple(() =>
        {
            Assert.That(again.Encoder.ImagePrompt, Is.EqualTo("Look at"));
            Assert.That(again.Encoder.Features, Is.EqualTo(graft.Encoder.Features));
            Assert.That(again.Encoder.Boundary, Is.EqualTo(graft.Encoder.Boundary));
            Compare.Close(Logits(again), Logits(graft), 1e-5, "logits");
        });
    }

    [Test]
    public void A_SigLIP_comes_back()
    {
        var target = shop.Target();
        var graft = shop.Graft(Hidden, target, tower: ExportShop.Siglip);
        var bundle = ImportRun.Run(new ImportRequest(shop.Export(graft).Output, shop["bundle"], null, "test"));
        Compare.Close(
            Logits(GraftArtefact.Create(bundle, target, shop["again"], new Origin("test"), replace: false)), Logits(graft), 1e-5, "logits");
    }

    [Test]
    public void A_bundle_without_our_manifest_is_proved_against_the_language_model_and_no_other()
    {
        var (target, other) = (shop.Target(seed: 1), shop.Target(seed: 2));
        var export = shop.Export(shop.Graft(Hidden, target, boundary: false));
        File.Delete(Path.Combine(export.Output, ArtefactManifest.FileName));
        var bundle = ImportRun.Run(new ImportRequest(export.Output, shop["bundle"], null, "test"));
        Assert.That(() => GraftArtefact.Create(bundle, target, shop["good"], new Origin("test"), replace: false), Throws.Nothing);
        var error = Assert.Throws<GraftException>(
            () => GraftArtefact.Create(bundle, other, shop["bad"], new Origin("test"), replace: false))!;
        Assert.That(error.Message, Does.Contain("has another tensor \"model.").And.Contain(other));
        Assert.That(Assert.Throws<GraftException>(() => bundle.RequireTarget())!.Remedy, Does.Contain("--target"));
    }

    [Test]
    public void An_export_that_was_changed_is_not_imported()
    {
        var export = shop.Export(shop.Graft(Hidden, shop.Target()));
        File.AppendAllText(Path.Combine(export.Output, "config.json"), " ");
        Assert.That(Assert.Throws<GraftException>(() => LlavaImport.Read(export.Output))!.Message, Does.Contain("config.json"));
    }

    [Test]
    public void A_VipLlava_with_another_epsilon_is_refused()
    {
        var export = shop.Export(shop.Graft(Normed, shop.Target(), boundary: false));
        File.Delete(Path.Combine(export.Output, ArtefactManifest.FileName));
        var path = Path.Combine(export.Output, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!;
        config["projector_layernorm_eps"] = 1e-6;
        File.WriteAllText(path, config.ToJsonString());
        Assert.That(
            Assert.Throws<GraftException>(() => LlavaImport.Read(export.Output))!.Message,
            Does.Contain("projector_layernorm_eps is 1E-06"));
    }

    /// <summary>
    /// As the published ones, without our preprocessing: the fixture has no preprocessor_config.json, which a folder for import needs.
    /// </summary>
    string Fixture(string layout)
    {
        var from = Shared.Fixture($"llava/{layout}");
        var folder = shop[layout];
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        File.WriteAllText(Path.Combine(folder, "preprocessor_config.json"), PreprocessorConfig.Clip(28).ToJson().ToJsonString());
        return folder;
    }

    static Tensor Logits(GraftArtefact graft)
    {
        using var _ = no_grad();
        using var encoder = graft.LoadEncoder(CPU, ScalarType.Float32);
        using var decoder = graft.LoadTarget(CPU, ScalarType.Float32);
        var pixels = FixedPictures.Pixels(EncoderFiles.Preprocessing(graft.Folder, graft.Encoder)).narrow(0, 0, 1);
        var prompt = ImageSplice.Expand([3, 1, -1, 4, 15], slot: -1, encoder.Tokens);
        var images = encoder.forward(pixels);
        var embeds = PromptBatch.LeftPadded([prompt], slot: -1).Embed(decoder, images.view(-1, images.shape[^1]));
        return decoder.head(decoder.forward(embeds, torch.arange(prompt.Length, ScalarType.Int64).unsqueeze(0), null));
    }
}
