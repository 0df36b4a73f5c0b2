using Grafting.Core;
using Grafting.Core.Imaging;
using Grafting.Tests.Support;

namespace Grafting.Tests.Imaging;

public class PreprocessorConfigTests
{
    [TestCase("clip", Fit.CentreCrop)]
    [TestCase("llava_pad", Fit.PadToSquare)]
    [TestCase("siglip", Fit.Stretch)]
    public void The_three_flavours_are_told_apart(string flavour, Fit fit)
    {
        var config = PreprocessorConfig.Read(Shared.Fixture($"images/preprocessor_config_{flavour}_336.json"));
        Assert.Multiple(() =>
        {
            Assert.That(config.Fit, Is.EqualTo(fit));
            Assert.That(config.ImageSize, Is.EqualTo(336));
            Assert.That(config.Filter, Is.EqualTo(ResampleFilter.Bicubic));
            if (fit != Fit.Stretch)
                Assert.That(config, Is.EqualTo(PreprocessorConfig.Clip(336) with { Fit = fit, RescaleFactor = config.RescaleFactor }));
            else Assert.That(config.Mean, Is.EqualTo(new[] { 0.5, 0.5, 0.5 }));
        });
    }

    [Test]
    public void What_is_written_reads_back_the_same([Values] Fit fit, [Values(24, 336)] int size)
    {
        var config = PreprocessorConfig.Clip(size) with { Fit = fit, Filter = ResampleFilter.Bilinear };
        using var folder = new TempFolder();
        folder.Write("preprocessor_config.json", config.ToJson().ToJsonString());
        Assert.That(PreprocessorConfig.Read(folder.Path), Is.EqualTo(config));
    }

    [Test]
    public void The_newer_form_nests_the_image_processor()
    {
        using var folder = new TempFolder();
        folder.Write(
            "processor_config.json",
            $"{{\"image_processor\": {PreprocessorConfig.Clip(224).ToJson().ToJsonString()}, \"processor_class\": \"LlavaProcessor\"}}");
        Assert.That(PreprocessorConfig.Read(folder.Path), Is.EqualTo(PreprocessorConfig.Clip(224)));
    }

    [Test]
    public void Bare_numbers_of_older_files_are_the_shortest_edge_and_the_square()
    {
        var config = Read("""{"do_center_crop": true, "crop_size": 224, "size": 256, "resample": 2, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}""");
        Assert.That(
            (config.ImageSize, config.ShortestEdge, config.Fit, config.Filter),
            Is.EqualTo((224, 256, Fit.CentreCrop, ResampleFilter.Bilinear)));
    }

    [Test]
    public void Without_normalising_the_values_stay_between_0_and_1()
    {
        var config = Read("""{"size": {"height": 2, "width": 2}, "do_normalize": false}""");
        Assert.That(new ImagePreprocessor(config).Process(new RgbImage(2, 2, [.. Enumerable.Repeat((byte)255, 12)])), Is.All.EqualTo(1f));
    }

    [TestCase("""{"size": {"height": 2, "width": 3}}""", "size")]
    [TestCase("""{"size": {"longest_edge": 2}}""", "size")]
    [TestCase("""{"image_mean": [0, 0, 0]}""", "size")]
    [TestCase("""{"size": 4, "do_center_crop": false}""", "do_center_crop")]
    [TestCase("""{"size": 4, "crop_size": {"height": 2, "width": 3}}""", "crop_size")]
    [TestCase("""{"size": 4, "crop_size": 4, "resample": 9}""", "resample")]
    [TestCase("""{"size": 4, "crop_size": 4, "image_mean": [1, 2]}""", "image_mean")]
    [TestCase("""{"size": 4, "crop_size": 4, "image_mean": [0, 0, 0]}""", "image_std")]
    [TestCase("""{"size": 4, "crop_size": 4, "do_pad": "yes"}""", "do_pad")]
    [TestCase("""{"size": 4, "crop_size": 4, "rescale_factor": "x"}""", "rescale_factor")]
    public void What_cannot_be_followed_is_an_error_that_names_the_key(string json, string key)
    {
        var error = Assert.Throws<GraftException>(() => Read(json))!;
        Assert.That(error.Kind, Is.EqualTo(ErrorKind.Input));
        Assert.That(error.Message, Does.Contain($"'{key}'").And.Contain("preprocessor_config.json"));
    }

    [Test]
    public void A_folder_without_either_file_is_an_error()
    {
        using var folder = new TempFolder();
        Assert.That(
            Assert.Throws<GraftException>(() => PreprocessorConfig.Read(folder.Path))!.Message, Does.Contain("preprocessor_config.json"));
    }

    [Test]
    public void Numbers_outside_reason_are_refused()
    {
        Assert.Throws<GraftException>(() => PreprocessorConfig.Clip(0).Validate());
        Assert.Throws<GraftException>(() => (PreprocessorConfig.Clip(8) with { ShortestEdge = 4 }).Validate());
        Assert.Throws<GraftException>(() => (PreprocessorConfig.Clip(8) with { Std = [1, 0, 1] }).Validate());
    }

    static PreprocessorConfig Read(string json)
    {
        using var folder = new TempFolder();
        folder.Write("preprocessor_config.json", json);
        return PreprocessorConfig.Read(folder.Path);
    }
}
