using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Tests.Imaging;
using Grafting.Tests.Support;

namespace Grafting.Tests.Cli;

public class PreprocessCommandTests
{
    [Test]
    public void Values_and_pixels_are_those_of_the_preprocessor_and_the_metadata_tell_how_they_came_about()
    {
        using var folder = new TempFolder();
        RgbImage[] images = [PictureBytes.Noise(40, 30, 1), PictureBytes.Noise(20, 50, 2)];
        string[] paths = [.. images.Select((image, i) => folder.Write($"{i}.png", PngWriter.Encode(image)))];

        var run = CliRun.Of(
            "preprocess", paths[0], paths[1], "--outputs", folder["out.safetensors"], "--size", "28", "--png", folder["seen"], "--json");

        Assert.That(run.Code, Is.Zero, run.Error);
        var preprocessor = new ImagePreprocessor(PreprocessorConfig.Clip(28));
        using var file = SafetensorsFile.Open(folder["out.safetensors"]);
        Assert.That(file.Tensors["pixel_values"].Shape, Is.EqualTo(new long[] { 2, 3, 28, 28 }));
        Assert.That(file.ReadFloats("pixel_values"), Is.EqualTo(images.SelectMany(preprocessor.Process).ToArray()));
        Assert.That(
            ImageFixtures.Bytes(file, "pixels"),
            Is.EqualTo(images.SelectMany(image => ImageFixtures.Planar(preprocessor.Arrange(image))).ToArray()));
        var metadata = Metadata(folder["out.safetensors"]);
        var pictures = JsonElement.Parse(metadata.GetProperty("pictures").GetString()!);
        Assert.That(pictures[1].GetProperty("name").GetString(), Is.EqualTo(paths[1]));
        Assert.That(pictures[1].GetProperty("sha256").GetString(), Is.EqualTo(Sha256(paths[1])));
        Assert.That(
            JsonElement.Parse(metadata.GetProperty("preprocessor").GetString()!).GetProperty("exif_orientation").GetString(),
            Is.EqualTo("apply"));
        Assert.That(metadata.GetProperty("codecs").GetString(), Does.Contain(ImageReader.Codecs()[0].Version));
        Assert.That(run.Json().GetProperty("sha256").GetString(), Is.EqualTo(Sha256(folder["out.safetensors"])));
        Assert.That(ImageReader.Read(folder["seen/2-1.png"]).Pixels, Is.EqualTo(preprocessor.Arrange(images[1]).Pixels));
    }

    [Test]
    public void Tiles_stand_behind_the_whole_picture_and_zeros_behind_the_tiles()
    {
        using var folder = new TempFolder();
        folder.Write("preprocessor_config.json", """
            {"image_processor_type": "LlavaNextImageProcessor", "size": {"shortest_edge": 14}, "crop_size": {"height": 14, "width": 14},
             "image_grid_pinpoints": [[14, 28], [28, 28]]}
            """);
        RgbImage wide = PictureBytes.Noise(40, 20, 1), square = PictureBytes.Noise(40, 40, 2);
        string[] paths = [folder.Write("wide.png", PngWriter.Encode(wide)), folder.Write("square.png", PngWriter.Encode(square))];

        var run = CliRun.Of("preprocess", paths[0], paths[1], "--processor", folder.Path, "--outputs", folder["out.safetensors"]);

        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain("3 (1x2)").And.Contain("5 (2x2)").And.Contain("2 x 5 x 3 x 14 x 14"));
        using var file = SafetensorsFile.Open(folder["out.safetensors"]);
        Assert.That(file.Tensors["pixel_values"].Shape, Is.EqualTo(new long[] { 2, 5, 3, 14, 14 }));
        var preprocessor = new ImagePreprocessor(PreprocessorConfig.Read(folder.Path));
        int blank = 2 * 3 * 14 * 14;
        Assert.That(file.ReadFloats("pixel_values"), Is.EqualTo(
            (float[])[.. preprocessor.Prepare(wide).Pixels, .. new float[blank], .. preprocessor.Prepare(square).Pixels]));
        var sizes = MemoryMarshal.Cast<byte, long>(ImageFixtures.Bytes(file, "image_sizes")).ToArray();
        Assert.That(sizes, Is.EqualTo(new long[] { 20, 40, 40, 40 }), "height, width");
    }

    [Test]
    public void Orientation_is_applied_unless_it_is_to_be_ignored_and_both_are_on_record()
    {
        using var folder = new TempFolder();
        var stored = PictureBytes.Noise(28, 28);
        var path = folder.Write("turned.png", PictureBytes.Insert(PngWriter.Encode(stored), "eXIf", PictureBytes.Exif(6)));
        string[] line = ["preprocess", path, "--size", "28", "--outputs", folder["out.safetensors"], "--json"];

        var upright = CliRun.Of(line).Json();
        var pixels = ReadPixels(folder["out.safetensors"]);
        var asStored = CliRun.Of([.. line, "--ignore-orientation"]).Json();

        Assert.That(ReadPixels(folder["out.safetensors"]), Is.EqualTo(ImageFixtures.Planar(stored)).And.Not.EqualTo(pixels));
        Assert.That(upright.GetProperty("pictures")[0].GetProperty("stored").GetProperty("orientation").GetInt32(), Is.EqualTo(6));
        Assert.That(upright.GetProperty("preprocessor").TryGetProperty("exif_orientation", out _), Is.False);
        Assert.That(asStored.GetProperty("preprocessor").GetProperty("exif_orientation").GetString(), Is.EqualTo("ignore"));
    }

    [Test]
    public void The_first_picture_that_cannot_be_read_is_named_and_nothing_is_written()
    {
        using var folder = new TempFolder();
        var good = folder.Write("good.png", PngWriter.Encode(PictureBytes.Noise(8, 8)));
        string[] bad = [folder.Write("b.jpg", "<html></html>"), folder.Write("a.png", "")];

        var run = CliRun.Of("preprocess", good, bad[0], bad[1], "--outputs", folder["out.safetensors"], "--png", folder["seen"], "--json");

        Assert.That(run.Code, Is.EqualTo(3));
        Assert.That(run.Json().GetProperty("message").GetString(), Does.StartWith(bad[0]).And.Contain("HTML"));
        Assert.That(folder.Entries(), Is.EqualTo(new[] { "a.png", "b.jpg", "good.png" }));
    }

    [TestCase("--fit", "pad")]
    [TestCase("--size", "0")]
    public void A_setting_that_makes_no_sense_is_a_usage_error(string option, string value)
    {
        using var folder = new TempFolder();
        var path = folder.Write("x.png", PngWriter.Encode(PictureBytes.Noise(8, 8)));
        Assert.That(CliRun.Of("preprocess", path, "--outputs", folder["out.safetensors"], option, value).Code, Is.EqualTo(2));
    }

    static string Sha256(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));

    static byte[] ReadPixels(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return ImageFixtures.Bytes(file, "pixels");
    }

    static JsonElement Metadata(string path)
    {
        var bytes = File.ReadAllBytes(path);
        return JsonElement.Parse(bytes.AsSpan(8, BitConverter.ToInt32(bytes, 0))).GetProperty("__metadata__");
    }
}
