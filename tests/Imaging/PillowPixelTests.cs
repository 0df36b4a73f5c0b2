using System.Text.Json;
using Grafting.Core.Imaging;
using Grafting.Tests.Support;

namespace Grafting.Tests.Imaging;

/// <summary>
/// Digests of what Pillow alone makes of noise, resized and prepared as the processors' documentation says: <c>pillow-pixels.json</c>.
/// </summary>
public class PillowPixelTests
{
    static readonly JsonElement s_expected =
        JsonElement.Parse(File.ReadAllBytes(Path.Combine(Shared.RepositoryRoot(), "tests", "Imaging", "pillow-pixels.json")));

    [Test]
    public void Every_filter_resizes_to_Pillows_pixels([Values] ResampleFilter filter)
    {
        var cases = s_expected.GetProperty("resampling").EnumerateArray().Where(
            one => one.GetProperty("filter").GetInt32() == (int)filter).ToList();
        Assert.That(cases, Has.Count.EqualTo(10));
        foreach (var one in cases)
        {
            var ((width, height), (toWidth, toHeight)) = (Size(one, "from"), Size(one, "to"));
            var resized = Resampler.Resize(Noise(width, height, 1), toWidth, toHeight, filter);
            Assert.That(
                ImageFixtures.Sha256(resized), Is.EqualTo(one.GetProperty("sha256").GetString()),
                $"{width} x {height} to {toWidth} x {toHeight}");
        }
    }

    static IEnumerable<string> Processors() =>
        s_expected.GetProperty("processors").EnumerateArray().Select(one => one.GetProperty("name").GetString()!).Distinct();

    [TestCaseSource(nameof(Processors))]
    public void Every_processor_arranges_Pillows_pixels(string name)
    {
        foreach (var one in s_expected.GetProperty("processors").EnumerateArray().Where(one => one.GetProperty("name").GetString() == name))
        {
            using var folder = new TempFolder();
            folder.Write("preprocessor_config.json", one.GetProperty("config").GetRawText());
            var (width, height) = Size(one, "size");

            var cut = new ImagePreprocessor(PreprocessorConfig.Read(folder.Path)).Cut(Noise(width, height, (uint)width));

            Assert.That(
                cut.Squares.Select(ImageFixtures.Sha256),
                Is.EqualTo(one.GetProperty("squares").EnumerateArray().Select(square => square.GetString())),
                $"{width} x {height}");
        }
    }

    static (int, int) Size(JsonElement one, string key) => (one.GetProperty(key)[0].GetInt32(), one.GetProperty(key)[1].GetInt32());

    /// <summary>The noise that the file describes.</summary>
    static RgbImage Noise(int width, int height, uint state)
    {
        var pixels = new byte[3 * width * height];
        for (int i = 0; i < pixels.Length; i++)
        {
            state = unchecked(state * 1103515245 + 12345) & 0x7FFFFFFF;
            pixels[i] = (byte)(state >> 16);
        }
        return new RgbImage(width, height, pixels);
    }
}
