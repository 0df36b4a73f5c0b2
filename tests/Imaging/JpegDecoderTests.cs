using System.Text.Json;
using Grafting.Core.Imaging;
using Grafting.Core.Imaging.Codecs.Jpeg;
using Grafting.Core.Numerics;
using Grafting.Tests.Support;

namespace Grafting.Tests.Imaging;

/// <summary>
/// The managed decoder, whichever one the provider uses: <c>pillow-pictures.json</c>, and <c>jpeg-variants.json</c> with what that lacks (incomplete
/// progressions, odd samplings, colour spaces, tiny sizes).
/// </summary>
public class JpegDecoderTests
{
    static readonly (string Name, byte[] File, string Sha256)[] s_pictures = [.. Committed("pillow-pictures.json"), .. Committed("jpeg-variants.json")];

    static IEnumerable<string> Names() => s_pictures.Select(picture => picture.Name);

    static IEnumerable<(string Name, byte[] File, string Sha256)> Committed(string file)
    {
        var text = File.ReadAllBytes(Path.Combine(Shared.RepositoryRoot(), "tests", "Imaging", file));
        foreach (var picture in JsonElement.Parse(text).GetProperty("pictures").EnumerateArray())
        {
            var name = picture.GetProperty("name").GetString()!;
            if (name.StartsWith("jpeg,", StringComparison.Ordinal))
                yield return (name, picture.GetProperty("file").GetBytesFromBase64(), picture.GetProperty("sha256").GetString()!);
        }
    }

    static byte[] Picture(string name) => s_pictures.Single(picture => picture.Name == name).File;

    static RgbImage Decode(byte[] file)
    {
        var info = ImageReader.Inspect(file, "picture");
        return new RgbImage(info.Width, info.Height, JpegDecoder.Decode(file, info.Width, info.Height));
    }

    static string Digest(byte[] file) => ImageFixtures.Sha256(Orientation.Apply(Decode(file), ImageReader.Inspect(file, "picture").Orientation));

    [TestCaseSource(nameof(Names))]
    public void Every_variant_has_Pillows_pixels(string name)
    {
        var (_, file, sha256) = s_pictures.Single(picture => picture.Name == name);
        Assert.That(Digest(file), Is.EqualTo(sha256));
    }

    [Test]
    public void Real_pictures_have_Pillows_pixels()
    {
        int count = 0;
        foreach (var picture in JsonElement.Parse(File.ReadAllBytes(Shared.Real("images/oracle.json"))).EnumerateArray())
        {
            if (!picture.GetProperty("ok").GetBoolean() || picture.GetProperty("format").GetString() != "JPEG") continue;
            var file = picture.GetProperty("file").GetString()!;
            var expected = picture.TryGetProperty("upright", out var upright) ? upright : picture.GetProperty("rgb");
            Assert.That(Digest(File.ReadAllBytes(Shared.Real($"images/{file}"))), Is.EqualTo(expected.GetProperty("rgb_sha256").GetString()), file);
            count++;
        }
        Assert.That(count, Is.GreaterThan(10));
    }

    [Test]
    public void Fixtures_have_Pillows_pixels()
    {
        int count = 0;
        Shared.Fixture("images/manifest.json");
        foreach (var entry in ImageFixtures.Names().Select(ImageFixtures.Entry).Where(entry => entry.GetProperty("format").GetString() == "JPEG"))
        {
            var source = ImageFixtures.Source(entry);
            Assert.That(Digest(File.ReadAllBytes(source)), Is.EqualTo(entry.GetProperty("decoded_rgb_sha256").GetString()), source);
            count++;
        }
        Assert.That(count, Is.GreaterThan(3));
    }

    /// <summary>
    /// Byte by byte damage. What the provider's decoder refuses is refused, and what both read has the same pixels; ours alone refuses codes that do not exist
    /// and runs beyond a block, which libjpeg replaces in silence. With ImageSharp's provider, both are the same decoder.
    /// </summary>
    [Test]
    public void Whatever_is_done_to_a_file_gives_the_same_pixels_or_an_error()
    {
        var (pictures, errors, stricter) = (0, 0, 0);
        for (ulong seed = 0; seed < 20_000; seed++)
        {
            var random = new DeterministicRandom(seed);
            var file = Damaged(s_pictures[(int)(seed % (ulong)s_pictures.Length)].File, random);
            var expected = Attempt(() => ImageReader.Decode(file, "damaged", new ImageLimits(MaxPixels: 1 << 18), ExifOrientation.Ignore));
            var decoded = Attempt(() => Decode(file));
            if (decoded is null) errors++;
            else if (expected is null) Assert.That(TooLarge(file), $"seed {seed}: read, which the other decoder refuses");
            else Assert.That(decoded.Pixels, Is.EqualTo(expected.Pixels), $"seed {seed}");
            if (decoded is not null) pictures++;
            else if (expected is not null) stricter++;
        }
        TestContext.Out.WriteLine($"{pictures} pictures, {errors} errors, of which {stricter} are ours alone");
        Assert.That(pictures, Is.GreaterThan(2000));
        Assert.That(errors, Is.GreaterThan(2000));
    }

    static byte[] Damaged(byte[] file, DeterministicRandom random)
    {
        for (int change = random.NextInt(1, 4); change > 0; change--)
        {
            int at = 2 + random.NextInt((random.Chance(0.3) ? Math.Min(700, file.Length) : file.Length) - 2);
            int length = Math.Min(random.NextInt(1, 30), file.Length - at);
            file = random.NextInt(5) switch
            {
                0 => [.. file[..at], .. file[(at + length)..]],
                1 => [.. file[..(at + length)], .. file[at..]],
                2 => [.. file[..at], (byte)(file[at] ^ 1 << random.NextInt(8)), .. file[(at + 1)..]],
                _ => [.. file[..at], (byte)random.NextInt(256), .. file[(at + 1)..]],
            };
        }
        return file;
    }

    [Test]
    public void A_picture_cut_anywhere_is_refused_even_if_its_end_is_put_behind_the_cut()
    {
        foreach (var name in new[] { "jpeg, subsampling 4:2:0", "jpeg, subsampling 4:2:0, progressive", "jpeg, progressive, restarts" })
        {
            var file = Picture(name);
            var whole = Decode(file);
            for (int cut = 1; cut <= 200; cut++)
            {
                int length = file.Length * cut / 201;
                Assert.That(Attempt(() => Cut(file[..length], whole)), Is.Null, $"{name}, {length} bytes");
                // A cut between two scans of a progressive picture leaves a whole one that is less sharp.
                if (!name.Contains("progressive", StringComparison.Ordinal) && length < file.Length - 3)
                    Assert.That(Attempt(() => Cut([.. file[..length], 0xFF, 0xD9], whole)), Is.Null, $"{name}, {length} bytes and an end");
            }
        }
    }

    static RgbImage Cut(byte[] file, RgbImage whole) => new(whole.Width, whole.Height, JpegDecoder.Decode(file, whole.Width, whole.Height));

    [TestCase("0xC3", "it is coded losslessly, which is not supported")]
    [TestCase("0xC5", "it is coded hierarchically, which is not supported")]
    [TestCase("0xF7", "it has an unknown marker, F7")]
    public void What_is_not_supported_is_named(string marker, string message)
    {
        var file = Changed(0xC0, (bytes, at) => bytes[at + 1] = Convert.ToByte(marker, 16));
        Assert.That(Assert.Throws<InvalidDataException>(() => JpegDecoder.Decode(file, 23, 17))!.Message, Is.EqualTo(message));
    }

    [TestCase(4, 12, "it has samples of 12 bits; 8 are supported")]
    [TestCase(9, 2, "its frame header has the wrong length")]
    [TestCase(11, 0x32, "its sampling factors are no multiples of each other, which is not supported")]
    [TestCase(11, 0x51, "its sampling factors are 5 x 1; 1 to 4 are valid")]
    [TestCase(12, 3, "quantisation table 3 is missing")]
    [TestCase(10, 9, "a scan names component 1, which its frame header does not have")]
    [TestCase(8, 24, "it declares two different sizes")]
    public void A_frame_header_that_does_not_fit_is_an_error_with_the_value(int offset, byte value, string message)
    {
        var file = Changed(0xC0, (bytes, at) =>
        {
            bytes[at + offset] = value;
            // The second component, so that the factors of the first one do not become the largest.
            if (offset == 11 && value == 0x32) bytes[at + 14] = 0x21;
        });
        Assert.That(Assert.Throws<InvalidDataException>(() => JpegDecoder.Decode(file, 23, 17))!.Message, Is.EqualTo(message));
    }

    [Test]
    public void Restart_markers_out_of_order_are_an_error()
    {
        byte[] file = [.. Picture("jpeg, restarts at every unit")];
        int second = Enumerable.Range(0, file.Length - 1).First(at => file[at] == 0xFF && file[at + 1] == 0xD1);
        file[second + 1] = 0xD2;
        Assert.That(Assert.Throws<InvalidDataException>(() => Decode(file))!.Message, Is.EqualTo("restart marker 1 is not where it should be"));
    }

    static byte[] Changed(byte marker, Action<byte[], int> change)
    {
        byte[] file = [.. Picture("jpeg, subsampling 4:4:4")];
        change(file, Enumerable.Range(0, file.Length - 1).First(at => file[at] == 0xFF && file[at + 1] == marker));
        return file;
    }

    static bool TooLarge(byte[] file) => ImageReader.Inspect(file, "damaged") is var info && (long)info.Width * info.Height > 1 << 18;

    static RgbImage? Attempt(Func<RgbImage?> decode)
    {
        try
        {
            return decode();
        }
        catch (Exception error) when (error is InvalidDataException or Grafting.Core.GraftException)
        {
            return null;
        }
    }
}
