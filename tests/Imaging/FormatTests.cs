using Grafting.Core.Imaging;

namespace Grafting.Tests.Imaging;

/// <summary>Variants of the formats that the stored pictures do not cover.</summary>
public class FormatTests
{
    [Test]
    public void What_is_written_as_PNG_reads_back_the_same([Values(1, 2, 17)] int width, [Values(1, 3, 40)] int height)
    {
        var image = PictureBytes.Noise(width, height);
        var file = PngWriter.Encode(image);
        Assert.Multiple(() =>
        {
            Assert.That(ImageReader.Decode(file, "test").Pixels, Is.EqualTo(image.Pixels));
            Assert.That(PngWriter.Encode(image), Is.EqualTo(file), "the same picture gives the same bytes");
        });
    }

    // A 2 x 3 picture with the levels 1 2 / 3 4 / 5 6, and how each orientation stands upright.
    [TestCase(1, 2, new[] { 1, 2, 3, 4, 5, 6 })]
    [TestCase(2, 2, new[] { 2, 1, 4, 3, 6, 5 })]
    [TestCase(3, 2, new[] { 6, 5, 4, 3, 2, 1 })]
    [TestCase(4, 2, new[] { 5, 6, 3, 4, 1, 2 })]
    [TestCase(5, 3, new[] { 1, 3, 5, 2, 4, 6 })]
    [TestCase(6, 3, new[] { 5, 3, 1, 6, 4, 2 })]
    [TestCase(7, 3, new[] { 6, 4, 2, 5, 3, 1 })]
    [TestCase(8, 3, new[] { 2, 4, 6, 1, 3, 5 })]
    public void Every_orientation_is_turned_upright(int orientation, int width, int[] levels)
    {
        var stored = PngWriter.Encode(new RgbImage(2, 3, Grey([1, 2, 3, 4, 5, 6])));
        foreach (bool bigEndian in new[] { false, true })
        {
            var image = ImageReader.Decode(PictureBytes.Insert(stored, "eXIf", PictureBytes.Exif(orientation, bigEndian)), "test");
            Assert.That((image.Width, image.Height), Is.EqualTo((width, 6 / width)));
            Assert.That(image.Pixels, Is.EqualTo(Grey(levels)));
        }
    }

    [TestCase(0)]
    [TestCase(9)]
    [TestCase(255)]
    public void A_nonsensical_orientation_counts_as_upright(int orientation)
    {
        var stored = PngWriter.Encode(new RgbImage(2, 3, Grey([1, 2, 3, 4, 5, 6])));
        Assert.That(ImageReader.Decode(PictureBytes.Insert(stored, "eXIf", PictureBytes.Exif(orientation)), "test").Width, Is.EqualTo(2));
    }

    [Test]
    public void Damaged_EXIF_does_not_make_a_picture_unreadable()
    {
        var stored = PngWriter.Encode(new RgbImage(2, 3, Grey([1, 2, 3, 4, 5, 6])));
        var exif = PictureBytes.Exif(6);
        for (int length = 0; length < exif.Length; length++)
            Assert.DoesNotThrow(() => ImageReader.Decode(PictureBytes.Insert(stored, "eXIf", exif[..length]), "test"));
        exif[4] = 0xFF;
        exif[7] = 0xFF;
        Assert.DoesNotThrow(() => ImageReader.Decode(PictureBytes.Insert(stored, "eXIf", exif), "test"));
    }

    [Test]
    public void An_interlaced_PNG_is_put_together()
    {
        var image = PictureBytes.Noise(11, 9);
        var passes = new (
            int X, int Y, int StepX,
            int StepY)[] { (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2) };
        var rows = new List<byte>();
        foreach (var (startX, startY, stepX, stepY) in passes)
        {
            for (int y = startY; y < 9; y += stepY)
            {
                if (startX >= 11) continue;
                rows.Add(0);
                for (int x = startX; x < 11; x += stepX) rows.AddRange(image.Row(y).Slice(3 * x, 3).ToArray());
            }
        }
        var file = PictureBytes.Png(
            ("IHDR", PictureBytes.Header(11, 9, interlace: 1)), ("IDAT", PictureBytes.Deflate([.. rows])), ("IEND", []));
        Assert.That(ImageReader.Decode(file, "test").Pixels, Is.EqualTo(image.Pixels));
    }

    [TestCase(1, new[] { 0, 255 })]
    [TestCase(2, new[] { 0, 85, 170, 255 })]
    [TestCase(4, new[] { 0, 17, 34, 255 })]
    public void Grey_of_few_bits_spans_the_whole_range(int depth, int[] levels)
    {
        int[] samples = [.. levels.Select(level => level * ((1 << depth) - 1) / 255)];
        var row = new byte[1 + (samples.Length * depth + 7) / 8];
        for (int i = 0; i < samples.Length; i++) row[1 + i * depth / 8] |= (byte)(samples[i] << 8 - depth - i * depth % 8);
        var file = PictureBytes.Png(
            ("IHDR", PictureBytes.Header(samples.Length, 1, (byte)depth, 0)), ("IDAT", PictureBytes.Deflate(row)), ("IEND", []));
        Assert.That(ImageReader.Decode(file, "test").Pixels, Is.EqualTo(Grey(levels)));
    }

    [Test]
    public void An_interlaced_GIF_is_put_together()
    {
        // Rows in the order of the file: 0, 8, 4, 2, 6, 1, 3, 5, 7, 9; each holds its own number modulo 4.
        int[] order = [0, 8, 4, 2, 6, 1, 3, 5, 7, 9];
        var file = PictureBytes.Gif(1, 10, [.. order.Select(row => (byte)(row % 4))], (0, 0, 1, 10), interlaced: true);
        Assert.That(ImageReader.Decode(file, "test").Pixels, Is.EqualTo(Grey([.. Enumerable.Range(0, 10).Select(row => 60 * (row % 4))])));
    }

    [Test]
    public void A_GIF_frame_smaller_than_its_canvas_lies_at_its_place()
    {
        var file = PictureBytes.Gif(3, 2, [1, 2], (1, 1, 2, 1));
        Assert.That(ImageReader.Decode(file, "test").Pixels, Is.EqualTo(Grey([0, 0, 0, 0, 60, 120])));
    }

    [Test]
    public void The_transparent_colour_of_a_GIF_is_the_background_and_its_pixels_keep_their_colour()
    {
        var file = PictureBytes.Gif(3, 1, [1, 3], (1, 0, 2, 1), control: [1, 0, 0, 3]);
        Assert.That(ImageReader.Decode(file, "test").Pixels, Is.EqualTo(Grey([180, 60, 180])));
    }

    [Test]
    public void A_GIF_frame_may_reach_beyond_its_canvas()
    {
        var image = ImageReader.Decode(PictureBytes.Gif(1, 1, [1, 2], (1, 0, 2, 1)), "test");
        Assert.That((image.Width, image.Height), Is.EqualTo((3, 1)));
    }

    [Test]
    public void Four_bit_runs_and_literals_of_a_BMP_are_unpacked()
    {
        // 5 x 2, bottom row first: a run of 5 of the pair (1, 2); then a literal of 3 (3, 1, 2, padded) and a jump of 2 to the end.
        byte[] data = [5, 0x12, 0, 0, 0, 3, 0x31, 0x20, 0, 2, 2, 0, 0, 1];
        var image = ImageReader.Decode(Bmp(5, 2, 4, compression: 2, palette: 4, data), "test");
        Assert.That(image.Pixels, Is.EqualTo(Grey([180, 60, 120, 0, 0, 60, 120, 60, 120, 60])));
    }

    [Test]
    public void Rows_of_a_BMP_run_from_the_bottom_unless_its_height_is_negative([Values] bool topDown)
    {
        byte[] data = [1, 2, 0, 0, 3, 0, 0, 0];
        var image = ImageReader.Decode(Bmp(2, topDown ? -2 : 2, 8, compression: 0, palette: 4, data), "test");
        Assert.That(image.Pixels, Is.EqualTo(Grey(topDown ? [60, 120, 180, 0] : [180, 0, 60, 120])));
    }

    [Test]
    public void Palette_entries_that_are_not_there_are_a_grey_ramp()
    {
        var image = ImageReader.Decode(Bmp(2, 1, 8, compression: 0, palette: 4, [1, 200, 0, 0]), "test");
        Assert.That(image.Pixels, Is.EqualTo(Grey([60, 200])));
    }

    [Test]
    public void Each_codec_tells_its_version()
    {
        Assert.That(ImageReader.Codecs(), Is.Not.Empty);
        foreach (var codec in ImageReader.Codecs()) Assert.That(codec.Version, Does.Match(@"^\d+\.\d+"), codec.Name);
    }

    static byte[] Grey(int[] levels) => [.. levels.SelectMany(level => new[] { (byte)level, (byte)level, (byte)level })];

    /// <summary>Index i of the palette has the grey level 60·i.</summary>
    static byte[] Bmp(int width, int height, ushort bits, uint compression, int palette, byte[] data)
    {
        var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        int offset = 54 + 4 * palette;
        writer.Write("BM"u8);
        foreach (int value in new[] { offset + data.Length, 0, offset, 40, width, height }) writer.Write(value);
        writer.Write((ushort)1);
        writer.Write(bits);
        writer.Write(compression);
        foreach (int value in new[] { data.Length, 0, 0, palette, 0 }) writer.Write(value);
        for (int i = 0; i < palette; i++) writer.Write([(byte)(60 * i), (byte)(60 * i), (byte)(60 * i), (byte)0]);
        writer.Write(data);
        return file.ToArray();
    }
}
