using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Transfer;
using Grafting.Tests.Cli;
using Grafting.Tests.Models.Towers;
using Grafting.Tests.Support;

namespace Grafting.Tests.Regression;

/// <summary>From a tower's checkpoint to a verified graft, with towers of every family.</summary>
public class TowerRecipeTests
{
    const string Recipe = """
        name: towers
        tower: { checkpoint: TOWER }
        data: { validation: 0 }
        stages:
          - { name: align, steps: 3, imageBatch: 4, learningRate: 3e-3, train: [ { part: adapter }, { part: boundary }, { part: tower-norm } ] }
          - { name: see, steps: 2, imageBatch: 4, learningRate: 2e-3, train: [ { part: tower, lastBlocks: 1 }, { part: adapter } ] }
        """;

    ToyWorkshop shop = null!;

    [OneTimeSetUp]
    public void Build() => shop = new ToyWorkshop(Recipe);

    [OneTimeTearDown]
    public void Remove() => shop.Dispose();

    [TestCase("clip_vision", null, 28, true, 17)]
    [TestCase("clip_full", 42, 42, true, 37)]
    [TestCase("siglip_vision", null, 28, false, 16)]
    [TestCase("siglip_full", 21, 21, false, 9)]
    [TestCase("dinov2", null, 20, true, 26)]
    [TestCase("dinov2_with_registers", 16, 16, true, 17)]
    public void It_trains_is_bundled_grafted_and_verified(string model, int? imageSize, int size, bool keepClass, int tokens)
    {
        using var folder = new TempFolder();
        var tower = Tower(model, folder);
        var name = $"{model}-{imageSize}";
        string[] arguments = [.. shop.Arguments(name), "--set", $"tower.checkpoint={tower}"];
        if (imageSize is { } wanted) arguments = [.. arguments, "--set", $"tower.imageSize={wanted}"];
        var trained = CliRun.Of([.. arguments, "--workspace", shop.Workspace(name)]);
        Assert.That(trained.Code, Is.Zero, trained.Error);

        var bundle = EncoderBundle.Open(shop.Bundle(name)).Encoder;
        var preprocessing = EncoderFiles.Preprocessing(shop.Bundle(name), bundle);
        using var encoder = bundle.Build("bundle", TorchSharp.torch.META, TorchSharp.torch.ScalarType.Float32);
        Assert.Multiple(() =>
        {
            Assert.That(shop.Losses(name), Has.Count.EqualTo(5).And.All.Matches<double>(double.IsFinite));
            Assert.That(bundle.Features, Is.EqualTo(new FeaturePath(-1, PostNorm: true, keepClass)));
            Assert.That(bundle.Tower["image_size"]!.GetValue<int>(), Is.EqualTo(size));
            Assert.That(preprocessing.ImageSize, Is.EqualTo(size));
            // With a vector at either side.
            Assert.That(encoder.Tokens, Is.EqualTo(tokens + 2));
        });

        var graft = Path.Combine(shop.Folder, $"graft-{name}");
        var grafted = CliRun.Of(
            "transfer", "--bundle", shop.Bundle(name), "--output", graft, "--device", "cpu", "--workspace", shop.Workspace(name));
        Assert.That(grafted.Code, Is.Zero, grafted.Error);
        var verified = CliRun.Of("verify", graft, "--logits", "--device", "cpu");
        Assert.That(verified.Code, Is.Zero, verified.Output + verified.Error);
        var picture = Path.Combine(shop.Data, "images", "train-00000.png");
        var asked = CliRun.Of("chat", "--graft", graft, "--image", picture, "--max-tokens", "2", "--device", "cpu", "How many circles?");
        Assert.That(asked.Code, Is.Zero, asked.Error);
    }

    [Test]
    public void A_class_token_that_a_SigLIP_lacks_is_refused_before_anything_is_written()
    {
        using var folder = new TempFolder();
        var run = CliRun.Of([
            .. shop.Arguments("class"), "--set", $"tower.checkpoint={Tower("siglip_vision", folder)}", "--set", "features.keepClass=true",
            "--workspace", shop.Workspace("class")]);
        Assert.That(run.Code, Is.EqualTo(2), run.Error);
        Assert.That(run.Error, Does.Contain("features.keepClass").And.Contain("siglip_vision_model"));
        Assert.That(Directory.Exists(shop.Run("class")), Is.False);
    }

    [Test]
    public void A_size_that_the_patches_do_not_divide_is_refused()
    {
        using var folder = new TempFolder();
        var run = CliRun.Of([
            .. shop.Arguments("size"), "--set", $"tower.checkpoint={Tower("clip_vision", folder)}", "--set", "tower.imageSize=30",
            "--workspace", shop.Workspace("size")]);
        Assert.That(run.Code, Is.EqualTo(2), run.Error);
        Assert.That(run.Error, Does.Contain("30").And.Contain("7"));
    }

    /// <summary>A folder with weights, configuration and preprocessor.</summary>
    static string Tower(string model, TempFolder folder)
    {
        if (model.StartsWith("dinov2", StringComparison.Ordinal))
        {
            using var files = new Dinov2Files(registers: model == "dinov2" ? null : 2);
            foreach (var file in Directory.EnumerateFiles(files.Folder)) File.Copy(file, folder[Path.GetFileName(file)]);
            folder.Write("preprocessor_config.json", PreprocessorConfig.Clip(20).ToJson().ToJsonString());
            return folder.Path;
        }
        var source = Shared.Fixture($"vision/{model}");
        foreach (var file in (string[])[Checkpoint.ConfigName, Checkpoint.SingleFileName])
            File.Copy(Path.Combine(source, file), folder[file]);
        File.Copy(Shared.Fixture($"images/preprocessor_config_{model.Split('_')[0]}_28.json"), folder["preprocessor_config.json"]);
        return folder.Path;
    }
}
