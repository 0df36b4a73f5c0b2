using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Imaging;
using Grafting.Core.Imaging.Codecs.Jpeg;
using Grafting.Core.Numerics;
using Grafting.Tests.Support;

namespace Grafting.Tests.Imaging;

/// <summary>
/// The managed decoder, whichever one the provider uses, on <c>pillow-pictures.json</c>, and on <c>jpeg-variants.json</c> with what that
/// lacks: incomplete progressions, odd samplings, colour spaces, tiny sizes.
/// </summary>
public class JpegDecoderTests
{
    static readonly JsonElement[] s_pictures =
    [
        .. ImageFixtures.Committed("pillow-pictures.json").Where(picture => Name(picture).StartsWith("jpeg,", StringComparison.Ordinal)),
        .. ImageFixtures.Committed("jpeg-variants.json"),
    ];

    static IEnumerable<string> Names() => s_pictures.Select(Name);

    static string Name(JsonElement picture) => picture.GetProperty("name").GetString()!;

    static byte[] Bytes(JsonElement picture) => picture.GetProperty("file").GetBytesFromBase64();

    static byte[] Picture(string name) => Bytes(s_pictures.Single(picture => Name(picture) == name));

    static RgbImage Decode(byte[] file)
    {
        var info = ImageReader.Inspect(file, "picture");
        return new RgbImage(info.Width, info.Height, JpegDecoder.Decode(file, info.Width, info.Height));
    }

    /// <returns>Null where the file is refused.</returns>
    static RgbImage? Attempt(Func<RgbImage> decode)
    {
        try
        {
            return decode();
        }
        catch (Exception error) when (error is InvalidDataException or GraftException)
        {
            return null;
        }
    }

    static void AssertDigest(byte[] file, string? sha256, string name)
    {
        var upright = Orientation.Apply(Decode(file), ImageReader.Inspect(file, name).Orientation);
        Assert.That(ImageFixtures.Sha256(upright), Is.EqualTo(sha256), name);
    }

    [TestCaseSource(nameof(Names))]
    public void Every_variant_has_Pillows_pixels(string name) =>
        AssertDigest(Picture(name), s_pictures.Single(picture => Name(picture) == name).GetProperty("sha256").GetString(), name);

    [Test]
    public void Real_pictures_have_Pillows_pixels()
    {
        int count = 0;
        foreach (var picture in JsonElement.Parse(File.ReadAllBytes(Shared.Real("images/oracle.json"))).EnumerateArray())
        {
            if (!picture.GetProperty("ok").GetBoolean() || picture.GetProperty("format").GetString() != "JPEG") continue;
            var name = picture.GetProperty("file").GetString()!;
            var expected = picture.TryGetProperty("upright", out var upright) ? upright : picture.GetProperty("rgb");
            AssertDigest(File.ReadAllBytes(Shared.Real($"images/{name}")), expected.GetProperty("rgb_sha256").GetString(), name);
            count++;
        }
        Assert.That(count, Is.GreaterThan(10));
    }

    [Test]
    public void Fixtures_have_Pillows_pixels()
    {
        Shared.Fixture("images/manifest.json");
        var entries = ImageFixtures.Names().Select(ImageFixtures.Entry).Where(entry => entry.GetProperty("format").GetString() == "JPEG").ToList();
        Assert.That(entries, Has.Count.GreaterThan(5));
        foreach (var entry in entries)
        {
            var source = ImageFixtures.Source(entry);
            AssertDigest(File.ReadAllBytes(source), entry.GetProperty("decoded_rgb_sha256").GetString(), source);
        }
    }

    /// <summary>
    /// What the provider's decoder refuses is refused, and what both read has the same pixels. Ours alone refuses codes that do not exist and
    /// runs beyond a block, which libjpeg replaces in silence. With ImageSharp's provider the two are one.
    /// </summary>
    [Test]
    public void Whatever_is_done_to_a_file_gives_the_same_pixels_or_an_error()
    {
        var limits = new ImageLimits(MaxPixels: 1 << 18);
        var (pictures, errors, oursAlone) = (0, 0, 0);
        for (ulong seed = 0; seed < 20_000; seed++)
        {
            var file = Damaged(Bytes(s_pictures[(int)(seed % (ulong)s_pictures.Length)]), new DeterministicRandom(seed));
            var theirs = Attempt(() => ImageReader.Decode(file, "damaged", limits, ExifOrientation.Ignore));
            var ours = Attempt(() => ImageReader.Inspect(file, "damaged", limits) is var info
                ? new RgbImage(info.Width, info.Height, JpegDecoder.Decode(file, info.Width, info.Height))
                : null!);
            if (ours is not null)
            {
                Assert.That(theirs, Is.Not.Null, $"seed {seed}: the other decoder refuses it");
                Assert.That(ours.Pixels, Is.EqualTo(theirs!.Pixels), $"seed {seed}");
                pictures++;
            }
            else
            {
                errors++;
                if (theirs is not null) oursAlone++;
            }
        }
        TestContext.Out.WriteLine($"{pictures} pictures, {errors} errors, of which {oursAlone} are ours alone");
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
                0 => [.. file[..at], .. file[(at + length)..], 0],
                1 => [.. file[..(at + length)], .. file[at..]],
                2 => [.. file[..at], (byte)(file[at] ^ 1 << random.NextInt(8)), .. file[(at + 1)..]],
                _ => [.. file[..at], (byte)random.NextInt(256), .. file[(at + 1)..]],
            };
        }
        return file;
    }

    [TestCase("jpeg, subsampling 4:2:0")]
    [TestCase("jpeg, subsampling 4:2:0, progressive")]
    [TestCase("jpeg, progressive, restarts")]
    public void A_picture_cut_anywhere_is_refused_even_if_its_end_is_put_behind_the_cut(string name)
    {
        var file = Picture(name);
        var whole = Decode(file);
        for (int cut = 1; cut <= 200; cut++)
        {
            int length = (file.Length - 2) * cut / 201;
            Assert.Throws<InvalidDataException>(() => JpegDecoder.Decode(file[..length], whole.Width, whole.Height), $"{length} bytes");
            // A progressive picture that is cut between two scans is a whole one, only less sharp.
            if (name.Contains("progressive", StringComparison.Ordinal)) continue;
            byte[] ended = [.. file[..length], 0xFF, 0xD9];
            Assert.Throws<InvalidDataException>(() => JpegDecoder.Decode(ended, whole.Width, whole.Height), $"{length} bytes and an end");
        }
    }

    [TestCase(1, 0xC3, "it is coded losslessly, which is not supported")]
    [TestCase(1, 0xC5, "it is coded hierarchically, which is not supported")]
    [TestCase(1, 0xF7, "it has an unknown marker, F7")]
    [TestCase(4, 12, "it has samples of 12 bits; 8 are supported")]
    [TestCase(8, 24, "it declares two different sizes")]
    [TestCase(9, 2, "its frame header has the wrong length")]
    [TestCase(10, 9, "a scan names component 1, which its frame header does not have")]
    [TestCase(11, 0x51, "its sampling factors are 5 x 1; 1 to 4 are valid")]
    [TestCase(12, 3, "quantisation table 3 is missing")]
    public void A_frame_header_that_does_not_fit_is_named(int offset, byte value, string message) =>
        AssertRefused("jpeg, subsampling 4:4:4", message, 0xC0, (offset, value));

    [Test]
    public void Sampling_factors_that_do_not_divide_each_other_are_named() => AssertRefused(
        "jpeg, subsampling 4:4:4", "its sampling factors are no multiples of each other, which is not supported", 0xC0, (11, 0x31), (14, 0x21));

    [Test]
    public void Restart_markers_out_of_order_are_an_error() =>
        AssertRefused("jpeg, restarts at every unit", "restart marker 1 is not where it should be", 0xD1, (1, 0xD2));

    /// <param name="changes">Offsets from the first marker of this kind, and what is put there.</param>
    static void AssertRefused(string name, string message, byte marker, params (int Offset, byte Value)[] changes)
    {
        var file = Picture(name);
        var whole = Decode(file);
        int at = file.AsSpan().IndexOf([(byte)0xFF, marker]);
        foreach (var (offset, value) in changes) file[at + offset] = value;
        var refusal = Assert.Throws<InvalidDataException>(() => JpegDecoder.Decode(file, whole.Width, whole.Height));
        Assert.That(refusal!.Message, Is.EqualTo(message));
    }
}
