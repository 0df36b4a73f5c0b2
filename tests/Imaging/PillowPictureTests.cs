using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Imaging;
using Grafting.Core.Numerics;

namespace Grafting.Tests.Imaging;

/// <summary>
/// Small pictures of every variant that a format has (sampling, depth, palette, transparency, interlacing, run lengths, bit fields, first
/// frames), with the digests of the pixels that Pillow decodes: <c>pillow-pictures.json</c>. They were made by Pillow, libjpeg-turbo's
/// cjpeg, or byte by byte. Run lengths of 4 bits have no odd stretches there: Pillow 9.4 loses their last pixel; <see cref="FormatTests"/>
/// has them.
/// </summary>
public class PillowPictureTests
{
    static readonly JsonElement[] s_pictures = ImageFixtures.Committed("pillow-pictures.json");

    static IEnumerable<string> Names() => s_pictures.Select(Name);

    static string Name(JsonElement picture) => picture.GetProperty("name").GetString()!;

    static byte[] Bytes(JsonElement picture) => picture.GetProperty("file").GetBytesFromBase64();

    [TestCaseSource(nameof(Names))]
    public void Every_variant_has_Pillows_pixels(string name)
    {
        var picture = s_pictures.Single(one => Name(one) == name);
        var (file, expected) = (Bytes(picture), picture.GetProperty("sha256").GetString());
        var upright = ImageReader.Decode(file, name);
        var size = picture.GetProperty("size");
        Assert.That((upright.Width, upright.Height), Is.EqualTo((size[0].GetInt32(), size[1].GetInt32())));
        // Another WebP decoder rounds otherwise; how far it may differ is tested on the fixtures, which hold the pixels themselves.
        bool lossy = name.StartsWith("webp,", StringComparison.Ordinal) && !name.Contains("lossless", StringComparison.Ordinal);
        if (lossy && !ImageFixtures.WebpIsPillows) return;
        Assert.That(ImageFixtures.Sha256(upright), Is.EqualTo(expected));
        var stored = ImageReader.Decode(file, name, orientation: ExifOrientation.Ignore);
        Assert.That(
            ImageFixtures.Sha256(stored), Is.EqualTo(picture.TryGetProperty("stored", out var digest) ? digest.GetString() : expected),
            "as stored");
    }

    [Test]
    public void The_header_tells_format_stored_size_and_orientation()
    {
        var turned = s_pictures.Single(one => Name(one) == "jpeg, orientation 6");
        var info = ImageReader.Inspect(Bytes(turned), "turned");
        var size = turned.GetProperty("size");
        Assert.That(info, Is.EqualTo(new PictureInfo("JPEG", size[1].GetInt32(), size[0].GetInt32(), 6)));
        foreach (var format in new[] { "PNG", "WebP", "GIF", "BMP" })
        {
            var first = s_pictures.First(one => Name(one).StartsWith(format, StringComparison.OrdinalIgnoreCase));
            Assert.That(ImageReader.Inspect(Bytes(first), format), Is.EqualTo(
                new PictureInfo(format, first.GetProperty("size")[0].GetInt32(), first.GetProperty("size")[1].GetInt32(), 1)));
        }
    }

    /// <summary>
    /// Inputs from as many seeds: bytes changed, most of them in the headers, stretches cut, doubled or taken from another file; checksums
    /// of PNG made right again in half of them.
    /// </summary>
    [Test]
    public void Whatever_is_done_to_a_file_gives_a_picture_or_one_named_error()
    {
        var files = Array.ConvertAll(s_pictures, Bytes);
        var limits = new ImageLimits(MaxPixels: 1 << 20);
        var (pictures, errors) = (0, 0);
        for (ulong seed = 0; seed < 20_000; seed++)
        {
            var random = new DeterministicRandom(seed);
            var file = Mutate(files[(int)(seed % (ulong)files.Length)], files, random);
            try
            {
                var image = ImageReader.Decode(file, "fuzzed", limits);
                Assert.That(image.Pixels, Has.Length.EqualTo(3 * image.Width * image.Height), $"seed {seed}");
                pictures++;
            }
            catch (GraftException error)
            {
                Assert.That(error.Kind, Is.EqualTo(ErrorKind.Input), $"seed {seed}");
                Assert.That(error.Message, Does.StartWith("fuzzed: "), $"seed {seed}");
                errors++;
            }
            catch (Exception crash) when (crash is not AssertionException)
            {
                Assert.Fail($"seed {seed}: {crash}");
            }
        }
        TestContext.Out.WriteLine($"{pictures} pictures, {errors} errors");
        Assert.That(pictures, Is.GreaterThan(1000), "mutations that leave nothing to decode would test the headers only");
        Assert.That(errors, Is.GreaterThan(1000));
    }

    static byte[] Mutate(byte[] file, byte[][] others, DeterministicRandom random)
    {
        var bytes = new List<byte>(file);
        for (int change = random.NextInt(1, 5); change > 0 && bytes.Count > 0; change--)
        {
            int at = random.NextInt(random.Chance(0.5) ? Math.Min(64, bytes.Count) : bytes.Count);
            switch (random.NextInt(8))
            {
                case 0:
                    bytes.RemoveRange(at, Math.Min(random.NextInt(1, 40), bytes.Count - at));
                    break;
                case 1:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.NextInt(1, 40), bytes.Count - at)));
                    break;
                case 2:
                    var other = others[random.NextInt(others.Length)];
                    int from = random.NextInt(other.Length);
                    bytes.InsertRange(at, other.AsSpan(from, Math.Min(40, other.Length - from)).ToArray());
                    break;
                case 3:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 4:
                    bytes[at] = random.Chance(0.5) ? (byte)0xFF : (byte)0;
                    break;
                case 5:
                    bytes[at] ^= (byte)(1 << random.NextInt(8));
                    break;
                default:
                    bytes[at] = (byte)random.NextInt(256);
                    break;
            }
        }
        byte[] mutated = [.. bytes];
        if (random.Chance(0.5)) PictureBytes.CorrectChecksums(mutated);
        return mutated;
    }
}
