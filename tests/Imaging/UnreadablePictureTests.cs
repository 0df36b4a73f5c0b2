using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Grafting.Core;
using Grafting.Core.Imaging;
using Grafting.Core.Numerics;
using Grafting.Tests.Support;

namespace Grafting.Tests.Imaging;

/// <summary>
/// Whatever a file holds, the answer is a picture or one error that names the file; never a crash, a hang or a flood of memory.
/// </summary>
public class UnreadablePictureTests
{
    [TestCase("<!DOCTYPE html>\n<html><body>404</body></html>", "HTML")]
    [TestCase("  \n<HTML>", "HTML")]
    [TestCase("{\"error\": \"not found\"}", "JSON")]
    [TestCase("<?xml version=\"1.0\"?><svg/>", "SVG")]
    [TestCase("a cat on a mat", "plain text")]
    [TestCase("Grüße", "plain text")]
    [TestCase("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS")]
    [TestCase("%PDF-1.7", "PDF")]
    [TestCase("PK\u0003\u0004", "ZIP")]
    [TestCase("II*\0....", "TIFF")]
    [TestCase("\0\0\0\u001cftypavif....", "AVIF")]
    [TestCase("\0\0\0\0\0\0\0\0\0\0", "zeros")]
    [TestCase("\u0001\u0002\u0003", "starts with 01 02 03")]
    [TestCase("BM", "plain text")]
    public void The_error_says_what_the_file_is_instead(string content, string expected)
    {
        using var folder = new TempFolder();
        var path = folder.Write("cat.png", Encoding.UTF8.GetBytes(content));
        var error = Refusal(() => ImageReader.Read(path));
        Assert.That(error.Message, Does.Contain(expected).And.Contain(path));
        Assert.That(error.Remedy, Is.Not.Null);
    }

    [Test]
    public void Empty_files_folders_and_missing_files_are_named()
    {
        using var folder = new TempFolder();
        Assert.Multiple(() =>
        {
            Assert.That(Refusal(() => ImageReader.Read(folder.Write("a.jpg", ""))).Message, Does.Contain("a.jpg").And.Contain("empty"));
            Assert.That(Refusal(() => ImageReader.Read(folder.Path)).Message, Does.Contain("folder"));
            Assert.That(Refusal(() => ImageReader.Read(folder["b.jpg"])).Message, Does.Contain("b.jpg"));
            Assert.That(
                Refusal(() => ImageReader.Decode(ReadOnlyMemory<byte>.Empty, "c.jpg")).Message, Does.Contain("c.jpg").And.Contain("empty"));
        });
    }

    [Test]
    public void A_file_beyond_the_limit_is_not_read()
    {
        using var folder = new TempFolder();
        var path = folder.Write("big.png", PngWriter.Encode(PictureBytes.Noise(20, 20)));
        Assert.That(Refusal(() => ImageReader.Read(path, new ImageLimits(MaxFileBytes: 100))).Message, Does.Contain("100"));
    }

    [TestCase(int.MaxValue, int.MaxValue)]
    [TestCase(65_536, 1)]
    [TestCase(1, 65_536)]
    [TestCase(10_000, 10_000)]
    public void A_small_PNG_that_claims_to_be_huge_is_refused_at_once(int width, int height)
    {
        var file = PictureBytes.Png(
            ("IHDR", PictureBytes.Header(width, height)), ("IDAT", PictureBytes.Deflate(new byte[100])), ("IEND", []));
        Assert.That(Refusal(() => Cheaply(file)).Message, Does.Contain($"{width} x {height} pixels"));
    }

    [Test]
    public void A_JPEG_of_65500_by_65500_is_refused_at_once()
    {
        var file = Jpeg("photo_q95.jpg");
        int frame = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(frame + 5), 65_500);
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(frame + 7), 65_500);
        Assert.That(Refusal(() => Cheaply(file)).Message, Does.Contain("65500 x 65500 pixels"));
    }

    [Test]
    public void GIF_BMP_and_WebP_that_claim_to_be_huge_are_refused_at_once()
    {
        byte[] gif = [.. "GIF89a"u8, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, (byte)',', 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4C, 1, 0, (byte)';'];
        byte[] bmp =
        [
            .. "BM"u8, 58, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 1, 0, 24, 0,
            .. new byte[24], 1, 2, 3, 4,
        ];
        byte[] webp = [.. "RIFF"u8, 18, 0, 0, 0, .. "WEBPVP8L"u8, 5, 0, 0, 0, 0x2F, 0xFF, 0xFF, 0xFF, 0x0F, 0];
        foreach (var file in new[] { gif, bmp, webp }) Assert.That(Refusal(() => Cheaply(file)).Message, Does.Contain("pixels; at most"));
    }

    [Test]
    public void Room_is_not_made_for_pixels_that_a_file_is_too_short_to_hold()
    {
        // 9 400 x 9 400 is within the limits; its pixels would take 265 MB.
        var png = PictureBytes.Png(("IHDR", PictureBytes.Header(9400, 9400)), ("IDAT", PictureBytes.Deflate(new byte[100])), ("IEND", []));
        byte[] side = [0xB8, 0x24, 0, 0];
        byte[] bmp =
        [
            .. "BM"u8, 58, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, .. side, .. side, 1, 0, 24, 0, .. new byte[24], 1, 2, 3, 4,
        ];
        foreach (var file in new[] { png, bmp }) Assert.That(Refusal(() => Cheaply(file)).Message, Does.Contain("ends early"));
    }

    [Test]
    public void A_picture_of_one_colour_is_packed_as_tightly_as_can_be_and_read()
    {
        var file = PngWriter.Encode(new RgbImage(3000, 3000, new byte[27_000_000]));
        Assert.That(file, Has.Length.LessThan(60_000), "else this does not come near the bound on how far pixel data can expand");
        Assert.That(ImageReader.Decode(file, "black.png").Pixels.AsSpan().ContainsAnyExcept((byte)0), Is.False);
    }

    [Test]
    public void A_bomb_in_the_metadata_is_not_unpacked()
    {
        var bomb = PictureBytes.Deflate(new byte[60 << 20]);
        var picture = PngWriter.Encode(PictureBytes.Noise(4, 4));
        foreach (var (kind, prefix) in new[] { ("iCCP", "icc\0\0"), ("zTXt", "Raw profile type exif\0\0"), ("iTXt", "XML\0\u0001\0\0\0") })
        {
            var file = PictureBytes.Insert(picture, kind, [.. Encoding.Latin1.GetBytes(prefix), .. bomb]);
            Assert.DoesNotThrow(() => Cheaply(file), kind);
        }
    }

    [Test]
    public void A_progressive_JPEG_of_thousands_of_scans_is_refused_in_time()
    {
        var file = Jpeg("photo_q30_progressive.jpg");
        int last = file.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
        byte[] scan = file[last..^2];
        byte[] bomb = [.. file[..^2], .. Enumerable.Repeat(scan, 2000).SelectMany(bytes => bytes), 0xFF, 0xD9];
        var clock = Stopwatch.StartNew();
        Assert.That(Refusal(() => ImageReader.Decode(bomb, "bomb.jpg")).Message, Does.Contain("500 scans"));
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(1)));
    }

    [TestCase("photo_422.jpg")]
    [TestCase("photo_q30_progressive.jpg")]
    [TestCase("cmyk.jpg")]
    [TestCase("rgba.png")]
    [TestCase("palette.png")]
    [TestCase("lossy_q80.webp")]
    [TestCase("alpha_lossless.webp")]
    [TestCase("still.gif")]
    [TestCase("rgb24.bmp")]
    public void A_file_cut_anywhere_is_refused(string name)
    {
        var file = File.ReadAllBytes(Shared.Fixture($"images/src/{name}"));
        // GIF ends with codes and blocks behind the last pixel, BMP with the padding of its last row.
        int end = name switch { "still.gif" => file.Length - 8, "rgb24.bmp" => file.Length - 3, _ => file.Length };
        for (int i = 0; i < 200; i++)
        {
            int length = (int)((long)i * end / 200);
            var error = Refusal(() => ImageReader.Decode(file.AsMemory(0, length), name), $"cut to {length} of {file.Length} bytes");
            Assert.That(error.Message, Does.StartWith(name));
        }
        Assert.Throws<GraftException>(() => ImageReader.Decode(file.AsMemory(0, end - 1), name));
    }

    [TestCase("photo_422.jpg")]
    [TestCase("photo_q30_progressive.jpg")]
    [TestCase("gray.jpg")]
    [TestCase("palette_trns.png")]
    [TestCase("rgb16.png")]
    [TestCase("lossy_q80.webp")]
    [TestCase("alpha_lossless.webp")]
    [TestCase("animated.gif")]
    [TestCase("palette8.bmp")]
    public void Random_damage_gives_a_picture_or_one_error(string name)
    {
        var whole = File.ReadAllBytes(Shared.Fixture($"images/src/{name}"));
        var random = new DeterministicRandom(99);
        for (int i = 0; i < 150; i++)
        {
            var file = (byte[])whole.Clone();
            for (int change = random.NextInt(1, 6); change > 0; change--)
            {
                // Half of the changes hit the headers.
                int at = random.NextInt(random.Chance(0.5) ? Math.Min(64, file.Length) : file.Length);
                file[at] = random.Chance(0.5) ? (byte)random.NextInt(256) : (byte)(file[at] ^ 1 << random.NextInt(8));
            }
            try
            {
                ImageReader.Decode(file, name, new ImageLimits(MaxPixels: 1 << 20));
            }
            catch (GraftException error)
            {
                Assert.That(error.Kind, Is.EqualTo(ErrorKind.Input));
            }
        }
    }

    [Test]
    public void A_checksum_that_does_not_match_is_damage()
    {
        var file = PngWriter.Encode(PictureBytes.Noise(30, 30));
        file[^30] ^= 1;
        Assert.That(Refusal(() => ImageReader.Decode(file, "x.png")).Message, Does.Contain("damaged"));
    }

    [Test]
    public void Limits_outside_reason_are_refused()
    {
        Assert.Throws<GraftException>(() => new ImageLimits(MaxPixels: long.MaxValue).Validate());
        Assert.Throws<GraftException>(() => new ImageLimits(MaxFileBytes: 0).Validate());
    }

    static byte[] Jpeg(string name) => File.ReadAllBytes(Shared.Fixture($"images/src/{name}"));

    static void Cheaply(byte[] file)
    {
        var clock = Stopwatch.StartNew();
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            ImageReader.Decode(file, "bomb");
        }
        finally
        {
            Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(1)));
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(8 << 20));
        }
    }

    static GraftException Refusal(TestDelegate action, string what = "")
    {
        var error = Assert.Throws<GraftException>(action, what)!;
        Assert.That(error.Kind, Is.EqualTo(ErrorKind.Input), what);
        return error;
    }
}
