using Grafting.Core;
using Grafting.Core.Imaging;
using Grafting.Core.Numerics;
using Grafting.Tests.Support;

namespace Grafting.Tests.Imaging;

/// <summary>How pictures are cut into tiles, by LLaVA-NeXT's rules worked out by hand.</summary>
public class TilingTests
{
    /// <summary>LLaVA-NeXT's own: 336 x 672, 672 x 336, 672 x 672, 1008 x 336 and 336 x 1008, height first.</summary>
    static readonly string[] LlavaNext = ["1x2", "2x1", "2x2", "3x1", "1x3"];

    static RgbImage Picture(int width, int height, ulong seed = 1)
    {
        var random = new DeterministicRandom(seed);
        return new(width, height, [.. Enumerable.Range(0, 3 * width * height).Select(_ => (byte)random.NextInt(256))]);
    }

    static PreprocessorConfig Config(int size, Tiling tiling, Fit fit = Fit.Stretch) =>
        PreprocessorConfig.Clip(size) with { Fit = fit, Tiling = tiling };

    // 1000 x 500: at 336 x 672 it is 672 x 336, 225 792 pixels; 672 x 672 and 336 x 1008 keep as many and waste more.
    [TestCase(1000, 500, "1x2")]
    [TestCase(500, 1000, "2x1")]
    // At 672 x 672 it keeps 451 584, elsewhere at most 112 896.
    [TestCase(800, 800, "2x2")]
    // All of its 60 000 pixels survive everywhere; the first two grids waste least, and alike: the first of them.
    [TestCase(300, 200, "1x2")]
    // 1008 x 168 beats 672 x 112.
    [TestCase(3000, 500, "1x3")]
    [TestCase(500, 3000, "3x1")]
    // 1008 x 336 whole, while 672 x 672 keeps 672 x 224.
    [TestCase(1008, 336, "1x3")]
    // 448 x 336 at 336 x 672 (150 528), 336 x 252 at 672 x 336, 672 x 504 at 672 x 672 (338 688), 336 x 252 and 448 x 336 at the others.
    [TestCase(2000, 1500, "2x2")]
    public void The_grid_keeps_most_pixels_and_then_wastes_least(int width, int height, string expected) =>
        Assert.That(new Tiling { Grids = LlavaNext }.Choose(width, height, 336).ToString(), Is.EqualTo(expected));

    // One tile holds all 60 000 pixels with the least waste.
    [TestCase(300, 200, 4, "1x1")]
    [TestCase(1000, 500, 4, "1x2")]
    // 1344 x 269 = 361 536 at four in a row, more than 1008 x 202 and 672 x 134.
    [TestCase(2000, 400, 4, "1x4")]
    [TestCase(2000, 400, 3, "1x3")]
    [TestCase(400, 2000, 4, "4x1")]
    [TestCase(900, 900, 4, "2x2")]
    // 336 x 336 in one, and the same in two or three: less waste in one.
    [TestCase(900, 900, 3, "1x1")]
    public void A_number_of_tiles_offers_every_grid_within_it(int width, int height, int most, string expected) =>
        Assert.That(new Tiling { MaxTiles = most }.Choose(width, height, 336).ToString(), Is.EqualTo(expected));

    [Test]
    public void Grids_of_at_most_four_tiles_are_these() => Assert.That(
        new Tiling { MaxTiles = 4 }.Offered().Select(grid => grid.ToString()),
        Is.EqualTo(new[] { "1x1", "1x2", "1x3", "1x4", "2x1", "2x2", "3x1", "4x1" }));

    [Test]
    public void A_picture_of_which_no_grid_keeps_a_pixel_gets_the_smallest() =>
        Assert.That(new Tiling { Grids = ["2x2", "1x1", "1x2"] }.Choose(65_000, 1, 8).ToString(), Is.EqualTo("1x1"));

    // Sizes inside their grid of 8 x 8 tiles: proportions kept, the side that does not touch rounded up, the odd pixel of padding below or
    // to the right.
    [TestCase(20, 8, "1x2", 16, 7, 0, 0)]
    [TestCase(16, 5, "1x2", 16, 5, 0, 1)]
    [TestCase(9, 24, "3x1", 8, 22, 0, 1)]
    [TestCase(7, 16, "2x1", 7, 16, 0, 0)]
    [TestCase(6, 16, "2x1", 6, 16, 1, 0)]
    [TestCase(5, 9, "2x2", 9, 16, 3, 0)]
    [TestCase(30, 11, "2x2", 16, 6, 0, 5)]
    public void Tiles_are_the_picture_resized_and_centred(
        int width, int height, string grid, int innerWidth, int innerHeight, int left, int top)
    {
        const int Size = 8;
        var (image, cells) = (Picture(width, height), TileGrid.Parse(grid));
        foreach (var padding in Enum.GetValues<TilePadding>())
        {
            var cut = new ImagePreprocessor(Config(Size, new Tiling { Grids = [grid], Padding = padding })).Cut(image);
            Assert.That(cut.Layout, Is.EqualTo(new PictureLayout(cells, width, height)));
            Assert.That(cut.Squares, Has.Count.EqualTo(1 + cells.Tiles));
            // The mean of CLIP as a level, cut off: 0.4815, 0.4578 and 0.4082 of 255.
            byte[] background = padding == TilePadding.Black ? [0, 0, 0] : [122, 116, 104];
            var inner = Resampler.Resize(image, innerWidth, innerHeight, ResampleFilter.Bicubic);
            for (var y = 0; y < cells.Rows * Size; y++)
            {
                for (var x = 0; x < cells.Columns * Size; x++)
                {
                    var tile = cut.Squares[1 + (y / Size * cells.Columns) + x / Size];
                    var (inside, column, row) = (
                        x >= left && x < left + innerWidth && y >= top && y < top + innerHeight, x - left, y - top);
                    var expected = inside ? inner.Pixels.AsSpan(3 * (row * innerWidth + column), 3).ToArray() : background;
                    Assert.That(
                        tile.Pixels.AsSpan(3 * (y % Size * Size + x % Size), 3).ToArray(), Is.EqualTo(expected), $"pixel ({x}, {y})");
                }
            }
        }
    }

    [Test]
    public void The_whole_picture_comes_first_as_it_would_without_tiles([Values] Fit fit)
    {
        var image = Picture(30, 11);
        var config = Config(8, new Tiling { MaxTiles = 4 }, fit);
        var plain = new ImagePreprocessor(config with { Tiling = null });
        var prepared = new ImagePreprocessor(config).Prepare(image);
        Assert.Multiple(() =>
        {
            Assert.That(prepared.Pixels, Has.Length.EqualTo(prepared.Layout.Squares * 3 * 8 * 8));
            Assert.That(prepared.Pixels[..(3 * 8 * 8)], Is.EqualTo(plain.Process(image)));
            Assert.That(plain.Prepare(image).Pixels, Is.EqualTo(plain.Process(image)));
            Assert.That(plain.Prepare(image).Layout, Is.EqualTo(PictureLayout.Whole));
        });
    }

    [Test]
    public void A_picture_of_the_size_of_its_grid_is_cut_without_a_change()
    {
        var image = Picture(16, 8);
        var cut = new ImagePreprocessor(Config(8, new Tiling { Grids = ["1x2"] })).Cut(image);
        for (var y = 0; y < 8; y++)
        {
            Assert.That(cut.Squares[1].Row(y).ToArray(), Is.EqualTo(image.Row(y)[..24].ToArray()));
            Assert.That(cut.Squares[2].Row(y).ToArray(), Is.EqualTo(image.Row(y)[24..].ToArray()));
        }
    }

    [TestCase(Fit.Stretch, TilePadding.Black, "LlavaNextImageProcessor")]
    [TestCase(Fit.Stretch, TilePadding.Mean, "SiglipImageProcessor")]
    [TestCase(Fit.CentreCrop, TilePadding.Black, "CLIPImageProcessor")]
    public void The_file_names_the_grids_in_pixels_and_LLaVA_NeXTs_processor_where_that_makes_the_same(
        Fit fit, TilePadding padding, string processor)
    {
        var config = Config(336, new Tiling { Grids = LlavaNext, Padding = padding }, fit);
        var json = config.ToJson();
        using var folder = new TempFolder();
        var path = folder.Write("preprocessor_config.json", json.ToJsonString());
        Assert.Multiple(() =>
        {
            Assert.That(json["image_grid_pinpoints"]!.ToJsonString(), Is.EqualTo("[[336,672],[672,336],[672,672],[1008,336],[336,1008]]"));
            Assert.That(json["image_processor_type"]!.GetValue<string>(), Is.EqualTo(processor));
            // Only that processor cuts tiles by the file alone; how their features are read is what it does with them.
            var tiling = processor == "LlavaNextImageProcessor" ? config.Tiling! with { Unpad = true } : null;
            Assert.That(PreprocessorConfig.Read(path), Is.EqualTo(config with { Tiling = tiling }));
            Assert.That((config with { Tiling = null }).ToJson().ContainsKey("image_grid_pinpoints"), Is.False);
        });
    }

    static IEnumerable<TestCaseData> Bad()
    {
        yield return new TestCaseData(new Tiling(), "either 'maxTiles' or 'grids'");
        yield return new TestCaseData(new Tiling { MaxTiles = 2, Grids = ["1x1"] }, "either 'maxTiles' or 'grids'");
        yield return new TestCaseData(new Tiling { MaxTiles = 0 }, "MaxTiles is 0; it must be between 1 and 144");
        yield return new TestCaseData(new Tiling { Grids = [] }, "tiles.grids is empty");
        yield return new TestCaseData(new Tiling { Grids = ["1x2", "1x2"] }, "has 1x2 twice");
        yield return new TestCaseData(new Tiling { Grids = ["2 by 2"] }, "tiles.grids has \"2 by 2\"");
        yield return new TestCaseData(new Tiling { Grids = ["0x2"] }, "tiles.grids has \"0x2\"");
        yield return new TestCaseData(new Tiling { Grids = ["13x12"] }, "at most 144 tiles");
        yield return new TestCaseData(
            new Tiling { MaxTiles = 2, Unpad = true, RowEnd = false }, "tiles.unpad is true and tiles.rowEnd is false");
    }

    [TestCaseSource(nameof(Bad))]
    public void What_makes_no_sense_is_refused_by_its_name(Tiling tiling, string expected)
    {
        var fault = Assert.Throws<GraftException>(() => tiling.Validate())!;
        Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Usage));
        Assert.That(fault.Message, Does.Contain(expected));
    }
}
