using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Core.Numerics;
using Grafting.Tests.Support;

namespace Grafting.Tests.Imaging;

public class ImagePreprocessorTests
{
    [TestCaseSource(nameof(References))]
    public void Pixels_and_values_are_those_of_the_reference(string name, string flavour, int size)
    {
        var entry = ImageFixtures.Entry(name);
        using var expected = SafetensorsFile.Open(Shared.Fixture($"images/expected_{size}.safetensors"));
        var preprocessor = new ImagePreprocessor(
            PreprocessorConfig.Read(Shared.Fixture($"images/preprocessor_config_{flavour}_{size}.json")));
        bool exact = ImageFixtures.IsExact(entry);

        var square = preprocessor.Arrange(ImageReader.Read(ImageFixtures.Source(entry)));

        string key = $"{name}.{flavour}";
        byte[] pixels = ImageFixtures.Planar(square), expectedPixels = ImageFixtures.Bytes(expected, $"{key}.u8");
        if (exact) Assert.That(pixels, Is.EqualTo(expectedPixels));
        else Assert.That(ImageFixtures.MeanDifference(pixels, expectedPixels), Is.LessThan(4));
        if (exact && expected.Tensors.ContainsKey(key))
            Assert.That(preprocessor.Normalise(square), Is.EqualTo(expected.ReadFloats(key)).Within(1e-6f));
    }

    static IEnumerable<TestCaseData> References()
    {
        if (!Shared.Has("fixtures/images/expected_28.safetensors")) yield return new TestCaseData("(absent)", "clip", 28);
        else
        {
            foreach (int size in new[] { 28, 336 })
            {
                using var expected = SafetensorsFile.Open(Shared.Fixture($"images/expected_{size}.safetensors"));
                foreach (var name in ImageFixtures.Names())
                    foreach (var flavour in new[] { "clip", "llava_pad", "siglip" })
                        if (expected.Tensors.ContainsKey($"{name}.{flavour}.u8")) yield return new TestCaseData(name, flavour, size);
            }
        }
    }

    [Test]
    public void A_square_of_the_right_size_is_only_normalised()
    {
        var image = new RgbImage(24, 24, [.. Enumerable.Range(0, 3 * 24 * 24).Select(i => (byte)(7 * i))]);
        var config = PreprocessorConfig.Clip(24);
        foreach (var fit in Enum.GetValues<Fit>())
        {
            var values = new ImagePreprocessor(config with { Fit = fit }).Process(image);
            Assert.That(values, Has.Length.EqualTo(3 * 24 * 24));
            for (int channel = 0; channel < 3; channel++)
            {
                double expected = (image.Pixels[3 * 100 + channel] / 255.0 - config.Mean[channel]) / config.Std[channel];
                Assert.That(values[24 * 24 * channel + 100], Is.EqualTo(expected).Within(1e-6));
            }
        }
    }

    [Test]
    public void An_extremely_long_picture_costs_no_more_than_others([Values] Fit fit, [Values] bool tall)
    {
        var image = tall ? new RgbImage(1, 20_000, new byte[60_000]) : new RgbImage(20_000, 1, new byte[60_000]);
        var preprocessor = new ImagePreprocessor(PreprocessorConfig.Clip(56) with { Fit = fit });
        long before = GC.GetAllocatedBytesForCurrentThread();
        preprocessor.Process(image);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(10 << 20));
    }

    [TestCase(31, 17)]
    [TestCase(17, 31)]
    [TestCase(8, 8)]
    public void The_middle_is_cut_from_the_whole_resized_picture(int width, int height)
    {
        var image = Noise(width, height);
        var config = PreprocessorConfig.Clip(14) with { ShortestEdge = 16 };
        int wide = width <= height ? 16 : 16 * width / height, high = width <= height ? 16 * height / width : 16;
        var whole = Resampler.Resize(image, wide, high, config.Filter);

        var square = new ImagePreprocessor(config).Arrange(image);

        for (int y = 0; y < 14; y++)
            Assert.That(square.Row(y).ToArray(), Is.EqualTo(whole.Row((high - 14) / 2 + y).Slice(3 * ((wide - 14) / 2), 3 * 14).ToArray()));
    }

    [TestCase(31, 9)]
    [TestCase(9, 31)]
    [TestCase(1, 31)]
    public void Padding_is_the_same_as_painting_the_picture_on_a_square(int width, int height)
    {
        var image = Noise(width, height);
        var painted = new RgbImage(31, 31, [.. Enumerable.Range(0, 31 * 31).SelectMany(_ => new byte[] { 122, 116, 104 })]);
        for (int y = 0; y < height; y++) image.Row(y).CopyTo(painted.Row((31 - height) / 2 + y)[(3 * ((31 - width) / 2))..]);
        var expected = Resampler.Resize(painted, 14, 14, ResampleFilter.Bicubic);

        var square = new ImagePreprocessor(PreprocessorConfig.Clip(14) with { Fit = Fit.PadToSquare }).Arrange(image);

        Assert.That(square.Pixels, Is.EqualTo(expected.Pixels));
    }

    static RgbImage Noise(int width, int height)
    {
        var random = new DeterministicRandom(5);
        return new(width, height, [.. Enumerable.Range(0, 3 * width * height).Select(_ => (byte)random.NextInt(256))]);
    }
}
