using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Core.Models.Towers;
using Grafting.Core.Models.Towers.Siglip;
using Grafting.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.Models.Towers;

/// <summary>Towers at other picture sizes than their checkpoint's.</summary>
[TestFixture]
sealed class TowerSizeTests : InScope
{
    TempFolder _folder = null!;

    [SetUp]
    public void Open() => _folder = new();

    [TearDown]
    public void Close() => _folder.Dispose();

    [Test]
    public void Positions_resampled_at_load_are_those_resampled_at_every_picture(
        [Values("clip_vision", "siglip_vision")] string model, [Values(42, 21)] int size)
    {
        var checkpoint = TowerCheckpoint.Read(Shared.Fixture($"vision/{model}"), size);
        var path = new Core.Models.FeaturePath(KeepClass: false);
        using var loaded = checkpoint.Load(path, CPU, ScalarType.Float32);
        using var stored = TowerFamilies.Load(Shared.Fixture($"vision/{model}"), path, CPU, ScalarType.Float32);
        var pixels = torch.rand(2, 3, size, size);
        var (one, other) = (loaded.forward(pixels), stored.forward(pixels, interpolate: true));

        Assert.That(loaded.ImageSize, Is.EqualTo(size));
        Assert.That(loaded.Tokens, Is.EqualTo(size / 7 * (size / 7)));
        Assert.That(loaded.Config.ToJson(ScalarType.Float32)["image_size"]!.GetValue<int>(), Is.EqualTo(size));
        // The same operations on the same numbers.
        Compare.Close(one, other, 0, "features");
    }

    [Test]
    public void In_bfloat16_the_table_is_resampled_before_it_is_rounded()
    {
        var folder = Shared.Fixture("vision/siglip_vision");
        var checkpoint = TowerCheckpoint.Read(folder, 42);
        using var exact = checkpoint.Load(new(KeepClass: false), CPU, ScalarType.Float32);
        using var half = checkpoint.Load(new(KeepClass: false), CPU, ScalarType.BFloat16);
        Compare.Close(half.Positions, exact.Positions.to(ScalarType.BFloat16), 0, "positions");
    }

    [TestCase(30)]
    [TestCase(3)]
    public void A_size_that_the_patches_do_not_divide_is_refused_with_both(int size)
    {
        var fault = Assert.Throws<GraftException>(() => TowerCheckpoint.Read(Shared.Fixture("vision/clip_vision"), size))!;
        Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Usage));
        Assert.That(fault.Message, Does.Contain($"tower.imageSize is {size}").And.Contain("7 pixels"));
        Assert.That(fault.Remedy, Does.Contain(size == 30 ? "28 or 35" : "7 or 14"));
    }

    [Test]
    public void What_is_left_over_beside_the_last_patches_is_not_seen()
    {
        // As so400m at 384 pixels: 27 patches of 14, and 6 pixels more.
        var config = new SiglipVisionConfig(Width: 12, FeedForwardWidth: 20, Layers: 1, Heads: 3, ImageSize: 10, PatchSize: 4, Head: false);
        using var tower = TowerFamilies.Create(config, new(KeepClass: false), 3, CPU, ScalarType.Float32);
        var pixels = torch.rand(1, 3, 10, 10).requires_grad_();
        tower.forward(pixels).mul(torch.rand(1, 4, 12)).sum().backward();

        Assert.That(tower.Tokens, Is.EqualTo(4));
        Assert.That(pixels.grad!.narrow(2, 8, 2).abs().max().item<float>(), Is.Zero);
        Assert.That(pixels.grad!.narrow(3, 8, 2).abs().max().item<float>(), Is.Zero);
        Assert.That(pixels.grad!.narrow(2, 0, 8).narrow(3, 0, 8).abs().min().item<float>(), Is.GreaterThan(0));
    }

    [Test]
    public void The_preprocessor_follows_the_size_and_keeps_its_margin()
    {
        var clip = PreprocessorConfig.Clip(224);
        Assert.That(clip.Resized(336), Is.EqualTo(PreprocessorConfig.Clip(336)));
        Assert.That((clip with { ShortestEdge = 256 }).Resized(448).ShortestEdge, Is.EqualTo(512));
        Assert.That((clip with { Fit = Fit.Stretch }).Resized(336), Is.EqualTo(PreprocessorConfig.Clip(336) with { Fit = Fit.Stretch }));

        Preprocess(28, Shared.Fixture("vision/siglip_vision"));
        Assert.That(TowerCheckpoint.Read(_folder.Path, 56).RequirePreprocessing().ImageSize, Is.EqualTo(56));
        Assert.That(TowerCheckpoint.Read(_folder.Path).RequirePreprocessing().ImageSize, Is.EqualTo(28));
    }

    [Test]
    public void A_preprocessor_of_another_size_than_the_tower_s_is_refused_with_both_sizes()
    {
        Preprocess(35, Shared.Fixture("vision/clip_vision"));
        var fault = Assert.Throws<GraftException>(() => TowerCheckpoint.Read(_folder.Path))!;
        Assert.That(fault.Message, Does.Contain("28 pixels").And.Contain("35").And.Contain("config.json"));
        Assert.That(fault.Remedy, Does.Contain("tower.imageSize"));
        Assert.That(TowerCheckpoint.Read(_folder.Path, 28).RequirePreprocessing().ImageSize, Is.EqualTo(28));
    }

    [Test]
    public void A_DINOv2_takes_the_size_that_its_preprocessor_makes()
    {
        using var files = new Dinov2Files();
        File.WriteAllText(
            Path.Combine(files.Folder, "preprocessor_config.json"),
            (PreprocessorConfig.Clip(20) with { ShortestEdge = 23 }).ToJson().ToJsonString());
        var checkpoint = TowerCheckpoint.Read(files.Folder);
        Assert.That((checkpoint.Stored.Shape.ImageSize, checkpoint.Config.Shape.ImageSize), Is.EqualTo((Dinov2Files.ImageSize, 20)));

        using var loaded = checkpoint.Load(new(), CPU, ScalarType.Float64);
        using var stored = TowerFamilies.LoadWhole(files.Folder, CPU, ScalarType.Float64);
        var pixels = torch.rand([1, 3, 20, 20], ScalarType.Float64);
        Compare.Close(loaded.forward(pixels), stored.forward_whole(pixels, interpolate: true).LastHiddenState, 0, "features");
    }

    [Test]
    public void Without_a_preprocessor_the_error_names_the_files_that_are_missing()
    {
        var checkpoint = TowerCheckpoint.Read(Shared.Fixture("vision/clip_vision"));
        Assert.That(checkpoint.Preprocessing, Is.Null);
        Assert.That(
            () => checkpoint.RequirePreprocessing(), Throws.TypeOf<GraftException>().With.Message.Contains("preprocessor_config.json"));
    }

    void Preprocess(int size, string tower)
    {
        File.Copy(Path.Combine(tower, Checkpoint.ConfigName), _folder[Checkpoint.ConfigName]);
        _folder.Write("preprocessor_config.json", PreprocessorConfig.Clip(size).ToJson().ToJsonString());
    }
}
