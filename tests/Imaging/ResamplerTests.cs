using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Core.Numerics;
using Grafting.Tests.Support;

namespace Grafting.Tests.Imaging;

public class ResamplerTests
{
    [Test]
    public void Resizes_exactly_as_Pillow(
        [Values(0, 1, 2, 3, 4)] int number,
        [Values(ResampleFilter.Bicubic, ResampleFilter.Bilinear, ResampleFilter.Lanczos)] ResampleFilter filter)
    {
        using var fixtures = SafetensorsFile.Open(Shared.Fixture("images/expected_28.safetensors"));
        string inputName = $"resize.{number}.input_u8_hwc", expectedName = $"resize.{number}.{filter.ToString().ToLowerInvariant()}_u8_hwc";
        long[] from = fixtures.Tensors[inputName].Shape, to = fixtures.Tensors[expectedName].Shape;
        var input = new RgbImage((int)from[1], (int)from[0], ImageFixtures.Bytes(fixtures, inputName));

        var resized = Resampler.Resize(input, (int)to[1], (int)to[0], filter);

        Assert.That(resized.Pixels, Is.EqualTo(ImageFixtures.Bytes(fixtures, expectedName)));
    }

    [Test]
    public void Box_halves_by_averaging_and_rounding()
    {
        var image = Grey(4, 2, [0, 10, 20, 31, 40, 50, 60, 70]);
        // Rows first: (0+10)/2 = 5, (20+31)/2 = 25.5 -> 26, 45, 65; then columns: (5+45)/2 = 25, (26+65)/2 = 45.5 -> 46.
        Assert.That(Levels(Resampler.Resize(image, 2, 1, ResampleFilter.Box)), Is.EqualTo(new byte[] { 25, 46 }));
    }

    [Test]
    public void Hamming_weighs_by_its_window()
    {
        // Halving two pixels puts each at half the radius: equal weights.
        Assert.That(Levels(Resampler.Resize(Grey(2, 1, [10, 21]), 1, 1, ResampleFilter.Hamming)), Is.EqualTo(new byte[] { 16 }));
        // Doubling: the outer result sees only its pixel, the inner ones weigh 0.75 and 0.25 of a pixel away.
        double near = Math.Sin(Math.PI / 4) / (Math.PI / 4) * (0.54f + 0.46f * Math.Cos(Math.PI / 4));
        double far = Math.Sin(3 * Math.PI / 4) / (3 * Math.PI / 4) * (0.54f + 0.46f * Math.Cos(3 * Math.PI / 4));
        byte inner = (byte)Math.Round(200 * far / (near + far));
        Assert.That(
            Levels(Resampler.Resize(Grey(2, 1, [0, 200]), 4, 1, ResampleFilter.Hamming)),
            Is.EqualTo(new byte[] { 0, inner, (byte)(200 - inner), 200 }));
    }

    [Test]
    public void Nearest_takes_the_pixel_under_the_centre()
    {
        var image = Grey(5, 1, [1, 2, 3, 4, 5]);
        Assert.Multiple(() =>
        {
            Assert.That(Levels(Resampler.Resize(image, 2, 1, ResampleFilter.Nearest)), Is.EqualTo(new byte[] { 2, 4 }));
            Assert.That(
                Levels(Resampler.Resize(image, 10, 1, ResampleFilter.Nearest)), Is.EqualTo(new byte[] { 1, 1, 2, 2, 3, 3, 4, 4, 5, 5 }));
            Assert.That(Levels(Resampler.Resize(image, 3, 2, ResampleFilter.Nearest)), Is.EqualTo(new byte[] { 1, 3, 5, 1, 3, 5 }));
        });
    }

    [Test]
    public void A_picture_of_the_right_size_stays_as_it_is([Values] ResampleFilter filter)
    {
        var image = Noise(7, 9, 1);
        Assert.That(Resampler.Resize(image, 7, 9, filter), Is.SameAs(image));
    }

    [Test]
    public void One_pass_alone_leaves_the_other_axis_untouched([Values] ResampleFilter filter)
    {
        // Every column of the result depends on its own column only, so resizing a column apart gives the same.
        var image = Noise(3, 20, 2);
        var all = Resampler.Resize(image, 3, 7, filter);
        for (int x = 0; x < 3; x++)
        {
            var column = new RgbImage(1, 20, [.. Enumerable.Range(0, 20).SelectMany(y => image.Row(y).Slice(3 * x, 3).ToArray())]);
            var alone = Resampler.Resize(column, 1, 7, filter);
            for (int y = 0; y < 7; y++) Assert.That(all.Row(y).Slice(3 * x, 3).ToArray(), Is.EqualTo(alone.Row(y).ToArray()));
        }
    }

    [Test]
    public void A_constant_picture_stays_constant([Values] ResampleFilter filter, [Values(0, 1, 127, 255)] int level)
    {
        var image = Grey(50, 37, [.. Enumerable.Repeat((byte)level, 50 * 37)]);
        Assert.That(Levels(Resampler.Resize(image, 11, 80, filter)), Is.All.EqualTo((byte)level));
    }

    static RgbImage Grey(int width, int height, byte[] levels) =>
        new(width, height, [.. levels.SelectMany(level => new[] { level, level, level })]);

    static byte[] Levels(RgbImage image)
    {
        var levels = image.Pixels.Where((_, i) => i % 3 == 0).ToArray();
        Assert.That(image.Pixels, Is.EqualTo(Grey(image.Width, image.Height, levels).Pixels), "channels are treated alike");
        return levels;
    }

    static RgbImage Noise(int width, int height, ulong seed)
    {
        var random = new DeterministicRandom(seed);
        return new(width, height, [.. Enumerable.Range(0, 3 * width * height).Select(_ => (byte)random.NextInt(256))]);
    }
}
