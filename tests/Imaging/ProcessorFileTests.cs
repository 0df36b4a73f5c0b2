using Grafting.Core;
using Grafting.Core.Imaging;
using Grafting.Tests.Support;

namespace Grafting.Tests.Imaging;

/// <summary>How the files of Hugging Face's processors are understood: names, defaults, switches, and what is refused.</summary>
public class ProcessorFileTests
{
    const string Normal = "\"image_mean\": [0.5, 0.5, 0.5], \"image_std\": [0.5, 0.5, 0.5]";

    static readonly double[] s_half = [0.5, 0.5, 0.5];

    static PreprocessorConfig Read(string json, string name = "preprocessor_config.json")
    {
        using var folder = new TempFolder();
        folder.Write(name, json);
        return PreprocessorConfig.Read(folder.Path);
    }

    // A bare number is the shortest edge to the processors of CLIP's line and a square to those of ViT's; what is left out is theirs, too.
    [TestCase("SiglipImageProcessor", 32, 32, 32, Fit.Stretch, ResampleFilter.Bicubic)]
    [TestCase("SiglipImageProcessorFast", 32, 32, 32, Fit.Stretch, ResampleFilter.Bicubic)]
    [TestCase("ViTImageProcessor", 32, 32, 32, Fit.Stretch, ResampleFilter.Bilinear)]
    [TestCase("ViTFeatureExtractor", 32, 32, 32, Fit.Stretch, ResampleFilter.Bilinear)]
    [TestCase("DeiTImageProcessor", 300, 224, 300, Fit.Stretch, ResampleFilter.Bicubic)]
    [TestCase("BitImageProcessor", 256, 224, 256, Fit.CentreCrop, ResampleFilter.Bicubic)]
    [TestCase("LlavaImageProcessor", 336, 224, 336, Fit.CentreCrop, ResampleFilter.Bicubic)]
    public void A_bare_size_means_what_the_named_processor_means_by_it(
        string type, int size, int side, int edge, Fit fit, ResampleFilter filter)
    {
        var config = Read($"{{\"image_processor_type\": \"{type}\", \"size\": {size}}}");
        Assert.That((config.ImageSize, config.ShortestEdge, config.Fit, config.Filter), Is.EqualTo((side, edge, fit, filter)));
    }

    [Test]
    public void What_a_named_processor_leaves_out_is_its_own_default()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Read("{\"image_processor_type\": \"CLIPImageProcessor\"}"), Is.EqualTo(PreprocessorConfig.Clip(224)));
            Assert.That(Read("{\"feature_extractor_type\": \"CLIPFeatureExtractor\"}"), Is.EqualTo(PreprocessorConfig.Clip(224)));
            Assert.That(Read("{\"image_processor_type\": \"SiglipImageProcessor\"}"), Is.EqualTo(
                new PreprocessorConfig { ImageSize = 224, Fit = Fit.Stretch, Mean = s_half, Std = s_half }));
            Assert.That(Read("{\"image_processor_type\": \"DeiTImageProcessor\"}").ShortestEdge, Is.EqualTo(256));
            Assert.That(
                Read(
                    "{\"image_processor_type\": \"LlavaNextImageProcessor\", \"size\": {\"shortest_edge\": 336}, \"crop_size\": 336}")
                        .Tiling!.Grids,
                Is.EqualTo(new[] { "1x2", "2x1", "2x2", "3x1", "1x3" }));
        });
    }

    [Test]
    public void Tiles_are_laid_out_by_the_pinpoints_height_first()
    {
        var config = Read($$"""
            {"image_processor_type": "LlavaNextImageProcessorFast", "size": {"shortest_edge": 14}, "crop_size": 14, "do_pad": true, {{Normal}},
             "image_grid_pinpoints": [[14, 28], [42, 14], [28, 28]]}
            """);
        Assert.Multiple(() =>
        {
            Assert.That(config.Tiling!.Grids, Is.EqualTo(new[] { "1x2", "3x1", "2x2" }));
            Assert.That(config.Tiling.Padding, Is.EqualTo(TilePadding.Black));
            Assert.That(config.Fit, Is.EqualTo(Fit.Stretch), "the whole picture is stretched, whatever the crop says");
        });
    }

    [Test]
    public void One_number_serves_all_three_channels() =>
        Assert.That(
            Read("{\"image_processor_type\": \"ViTImageProcessor\", \"image_mean\": 0.25, \"image_std\": 0.5}").Mean,
            Is.EqualTo(new[] { 0.25, 0.25, 0.25 }));

    [Test]
    public void Switches_that_are_off_take_no_part()
    {
        var config = Read(
            $"{{\"size\": 8, \"crop_size\": 4, \"do_rescale\": false, \"do_normalize\": false, \"do_resize\": false, {Normal}}}");
        Assert.That((config.Resize, config.RescaleFactor, config.ImageSize), Is.EqualTo((false, 1.0, 4)));
        var image = PictureBytes.Noise(4, 4);
        var values = new ImagePreprocessor(config).Process(image);
        for (int i = 0; i < 16; i++) Assert.That(values[i], Is.EqualTo((float)image.Pixels[3 * i]));
    }

    [Test]
    public void The_newer_file_goes_first_and_must_not_contradict_the_older_one()
    {
        using var folder = new TempFolder();
        string clip = PreprocessorConfig.Clip(224).ToJson().ToJsonString(), other = PreprocessorConfig.Clip(336).ToJson().ToJsonString();
        folder.Write("preprocessor_config.json", clip);
        folder.Write("processor_config.json", "{\"processor_class\": \"LlavaProcessor\", \"patch_size\": 14}");
        Assert.That(
            PreprocessorConfig.Read(folder.Path), Is.EqualTo(PreprocessorConfig.Clip(224)), "an older processor's file nests nothing");
        folder.Write("processor_config.json", $"{{\"image_processor\": {clip}}}");
        Assert.That(PreprocessorConfig.Read(folder.Path), Is.EqualTo(PreprocessorConfig.Clip(224)));
        folder.Write("processor_config.json", $"{{\"image_processor\": {other}}}");
        var error = Assert.Throws<GraftException>(() => PreprocessorConfig.Read(folder.Path))!;
        Assert.That(error.Message, Does.Contain(folder["processor_config.json"]).And.Contain(folder["preprocessor_config.json"]));
        Assert.That(
            PreprocessorConfig.Read(folder["processor_config.json"]), Is.EqualTo(PreprocessorConfig.Clip(336)),
            "a file by its name is not compared");
    }

    [Test]
    public void A_folder_whose_newer_file_nests_nothing_has_no_preprocessing()
    {
        using var folder = new TempFolder();
        folder.Write("processor_config.json", "{\"patch_size\": 14}");
        Assert.That(PreprocessorConfig.Find(folder.Path), Is.Null);
    }

    [TestCase("\"crop_pct\": 0.875", "crop_pct")]
    [TestCase("\"size_divisor\": 32", "size_divisor")]
    [TestCase("\"offset\": true", "offset")]
    [TestCase("\"image_aspect_ratio\": \"anyres\"", "image_aspect_ratio")]
    [TestCase("\"image_processor_type\": \"Qwen2VLImageProcessor\"", "image_processor_type")]
    [TestCase("\"image_processor_type\": 3", "image_processor_type")]
    [TestCase("\"image_processor_type\": \"CLIPImageProcessor\", \"exif_orientation\": \"sideways\"", "exif_orientation")]
    [TestCase("\"size\": {\"shortest_edge\": 28, \"longest_edge\": 56}", "size")]
    [TestCase("\"size\": {\"longest_edge\": 28}", "size")]
    [TestCase("\"size\": {\"height\": 28, \"width\": 14}", "size")]
    [TestCase("\"size\": 28", "crop_size")]
    [TestCase("\"size\": 28, \"crop_size\": 32", "crop_size")]
    [TestCase("\"size\": {\"height\": 28, \"width\": 28}, \"do_resize\": false", "do_resize")]
    [TestCase("\"image_processor_type\": \"SiglipImageProcessor\", \"do_center_crop\": true", "do_center_crop")]
    [TestCase("\"image_processor_type\": \"CLIPImageProcessor\", \"do_pad\": true", "do_pad")]
    [TestCase("\"image_processor_type\": \"LlavaNextImageProcessor\", \"image_grid_pinpoints\": [[224, 300]]", "image_grid_pinpoints")]
    [TestCase("\"image_processor_type\": \"LlavaNextImageProcessor\", \"image_grid_pinpoints\": []", "image_grid_pinpoints")]
    [TestCase("\"image_processor_type\": \"LlavaNextImageProcessor\"", "image_grid_pinpoints")]
    [TestCase("\"image_processor_type\": \"CLIPImageProcessor\", \"size\": 32", "crop_size")]
    [TestCase("\"image_processor_type\": \"LlavaNextImageProcessor\", \"size\": {\"shortest_edge\": 336}", "crop_size")]
    public void What_would_change_the_pixels_and_is_not_implemented_is_refused_by_name(string fields, string key)
    {
        var error = Assert.Throws<GraftException>(() => Read($"{{{fields}, {Normal}}}"))!;
        Assert.That(error.Kind, Is.EqualTo(ErrorKind.Input));
        Assert.That(error.Message, Does.Contain($"'{key}'").And.Contain("preprocessor_config.json"));
    }

    [Test]
    public void Names_and_nulls_are_passed_over() => Assert.That(
        Read("""
            {"image_processor_type": "CLIPImageProcessor", "processor_class": "CLIPProcessor", "_valid_processor_keys": ["size"], "data_format": "channels_first",
             "device": null, "crop_pct": null, "do_convert_rgb": true, "return_tensors": null}
            """),
        Is.EqualTo(PreprocessorConfig.Clip(224)));

    [Test]
    public void What_is_written_reads_back_the_same(
        [Values] Fit fit, [Values] bool resize, [Values] ExifOrientation orientation, [Values(20, 23)] int edge)
    {
        if (!resize && (fit == Fit.Stretch || edge != 20)) return;
        var config = PreprocessorConfig.Clip(20) with { Fit = fit, ShortestEdge = edge, Resize = resize, Orientation = orientation };
        Assert.That(Read(config.ToJson().ToJsonString()), Is.EqualTo(config));
    }

    [Test]
    public void Another_fit_keeps_the_margin_but_for_stretching()
    {
        var config = PreprocessorConfig.Clip(20) with { ShortestEdge = 23 };
        Assert.That(config.Fitted(Fit.Stretch).ShortestEdge, Is.EqualTo(20));
        Assert.That(config.Fitted(Fit.PadToSquare).ShortestEdge, Is.EqualTo(23));
        Assert.That(config.Fitted(Fit.CentreCrop), Is.SameAs(config));
    }
}
