using Grafting.Core;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Models.Towers;
using Grafting.Core.Numerics;
using Grafting.Core.Transfer.Export;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.Models;

/// <summary>Which vectors a picture in tiles becomes, and in which order.</summary>
public class TiledEncoderTests : InScope
{
    static readonly Tiling Rows = new() { MaxTiles = 4 };

    static VisionEncoder Encoder(Tiling? tiling, AdapterSettings? adapter = null, bool keepClass = false, bool boundary = true)
    {
        var tower = TowerFamilies.Create(Tiny.TowerConfig, new(KeepClass: keepClass), 1, CPU, ScalarType.Float64);
        var encoder = new VisionEncoder(
            tower, (adapter ?? new AdapterSettings()).Build(tower, Tiny.LlamaConfig.Shape.Width), boundary, tiling);
        encoder.InitialiseBridge(1);
        return encoder;
    }

    static Tensor Pixels(int squares, ulong seed = 1)
    {
        var random = new DeterministicRandom(seed);
        return tensor(Enumerable.Range(0, squares * 3 * 8 * 8).Select(_ => random.NextGaussian()).ToArray()).view(squares, 3, 8, 8);
    }

    static PictureLayout Layout(string grid, int width = 16, int height = 16) => new(TileGrid.Parse(grid), width, height);

    /// <summary>Row t of square s.</summary>
    static Func<int, int, Tensor> Features(VisionEncoder encoder, Tensor pixels)
    {
        var features = encoder.Adapter.forward(encoder.Tower.forward(pixels));
        return (square, token) => features[square][token];
    }

    static void AreRows(Tensor actual, List<Tensor> expected)
    {
        Assert.That(actual.shape, Is.EqualTo(new long[] { expected.Count, Tiny.LlamaConfig.Shape.Width }));
        for (var i = 0; i < expected.Count; i++) Compare.Close(actual[i], expected[i].detach(), 1e-12, $"row {i}");
    }

    /// <summary>The tower gives 2 x 2 features a square. Two rows of three tiles: a map of 4 rows and 6 columns.</summary>
    [Test]
    public void A_map_of_all_tiles_is_read_row_by_row_behind_the_whole_picture()
    {
        using var encoder = Encoder(new Tiling { Grids = ["2x3"] });
        var pixels = Pixels(7);
        var (f, end) = (Features(encoder, pixels), encoder.RowEnd!);
        AreRows(encoder.forward(pixels, [Layout("2x3")]),
        [
            encoder.Boundary!.Value.Start,
            f(0, 0), f(0, 1), f(0, 2), f(0, 3),
            f(1, 0), f(1, 1), f(2, 0), f(2, 1), f(3, 0), f(3, 1), end,
            f(1, 2), f(1, 3), f(2, 2), f(2, 3), f(3, 2), f(3, 3), end,
            f(4, 0), f(4, 1), f(5, 0), f(5, 1), f(6, 0), f(6, 1), end,
            f(4, 2), f(4, 3), f(5, 2), f(5, 3), f(6, 2), f(6, 3), end,
            encoder.Boundary!.Value.End,
        ]);
        Assert.That(encoder.Positions.Of(Layout("2x3")), Is.EqualTo(2 + 4 + 4 * 7));
    }

    [Test]
    public void Without_row_ends_tile_follows_tile_class_tokens_included()
    {
        using var encoder = Encoder(new Tiling { Grids = ["2x1"], RowEnd = false }, keepClass: true);
        var pixels = Pixels(3);
        var f = Features(encoder, pixels);
        AreRows(
            encoder.forward(pixels, [Layout("2x1")]),
            [
                encoder.Boundary!.Value.Start,
                .. from square in Enumerable.Range(0, 3) from token in Enumerable.Range(0, 5) select f(square, token),
                encoder.Boundary!.Value.End,
            ]);
        Assert.That(encoder.RowEnd, Is.Null);
        Assert.That(encoder.named_parameters().Select(p => p.name), Has.None.Contains("row_end"));
        Assert.That(encoder.Positions.Of(Layout("2x1")), Is.EqualTo(2 + 3 * 5));
    }

    [Test]
    public void Without_a_boundary_only_the_row_ends_are_learned_vectors()
    {
        using var encoder = Encoder(new Tiling { Grids = ["1x2"] }, boundary: false);
        var pixels = Pixels(3);
        var (f, end) = (Features(encoder, pixels), encoder.RowEnd!);
        AreRows(
            encoder.forward(pixels, [Layout("1x2")]),
            [f(0, 0), f(0, 1), f(0, 2), f(0, 3), f(1, 0), f(1, 1), f(2, 0), f(2, 1), end, f(1, 2), f(1, 3), f(2, 2), f(2, 3), end]);
        Assert.That(encoder.Positions.Of(Layout("1x2")), Is.EqualTo(14));
    }

    /// <summary>No export says tiles, or another adapter than two linear layers.</summary>
    [TestCase("mlp", true, "pictures are cut into tiles")]
    [TestCase("averagePool", false, "the adapter is of kind 'averagePool'")]
    public void What_a_LLaVA_cannot_say_is_not_exported_as_one(string kind, bool tiled, string expected)
    {
        using var encoder = Encoder(tiled ? Rows : null, kind == "mlp" ? new() : new() { Kind = kind, Factor = 2 });
        var path = FeaturePathValue.Of(encoder);
        foreach (var require in new Action[] { () => path.RequireHuggingFace(null), path.RequireGguf })
            Assert.That(Assert.Throws<GraftException>(() => require())!.Message, Does.Contain(expected));
    }

    [Test]
    public void A_resampler_gives_one_row_for_each_row_of_tiles()
    {
        using var encoder = Encoder(new Tiling { Grids = ["2x2"] }, new() { Kind = "resampler", Queries = 3, Heads = 2 });
        var pixels = Pixels(5);
        var (f, end) = (Features(encoder, pixels), encoder.RowEnd!);
        AreRows(encoder.forward(pixels, [Layout("2x2")]),
        [
            encoder.Boundary!.Value.Start, f(0, 0), f(0, 1), f(0, 2),
            f(1, 0), f(1, 1), f(1, 2), f(2, 0), f(2, 1), f(2, 2), end,
            f(3, 0), f(3, 1), f(3, 2), f(4, 0), f(4, 1), f(4, 2), end,
            encoder.Boundary!.Value.End,
        ]);
    }

    [Test]
    public void Pooled_tiles_make_a_smaller_map()
    {
        using var encoder = Encoder(new Tiling { Grids = ["1x2"] }, new() { Kind = "averagePool", Factor = 2 });
        var pixels = Pixels(3);
        var f = Features(encoder, pixels);
        AreRows(
            encoder.forward(pixels, [Layout("1x2")]),
            [encoder.Boundary!.Value.Start, f(0, 0), f(1, 0), f(2, 0), encoder.RowEnd!, encoder.Boundary!.Value.End]);
    }

    // 2 x 2 features a square. A picture of 30 x 11 in 1x3 (2 x 6 features): 5.45 columns are its own, cut to 5: half a column on either
    // side is none.
    [TestCase("1x3", 30, 11, 2, 6)]
    // Twice as wide as high in 2x2 (4 x 4): 2 rows are its own, one goes above and one below.
    [TestCase("2x2", 20, 10, 2, 4)]
    [TestCase("2x2", 10, 20, 4, 2)]
    // 4 · 9/16 = 2.25, cut to 2 rows; 4 · 3/4 = 3 rows: half a row of padding on either side is none.
    [TestCase("2x2", 16, 9, 2, 4)]
    [TestCase("2x2", 16, 12, 4, 4)]
    // 8 · 1/10 = 0.8, cut to none of 8: all rows go.
    [TestCase("4x4", 100, 10, 0, 8)]
    // As high as wide, in a row of two: 2 of 4 columns.
    [TestCase("1x2", 7, 7, 2, 2)]
    public void Rows_and_columns_of_padding_are_left_out_on_request(string grid, int width, int height, int rows, int columns)
    {
        using var encoder = Encoder(new Tiling { Grids = [grid], Unpad = true });
        var layout = Layout(grid, width, height);
        var pixels = Pixels(layout.Squares);
        var f = Features(encoder, pixels);
        var (gridRows, gridColumns) = (2 * layout.Grid.Rows, 2 * layout.Grid.Columns);
        var (top, left) = ((gridRows - rows) / 2, (gridColumns - columns) / 2);
        List<Tensor> expected = [encoder.Boundary!.Value.Start, f(0, 0), f(0, 1), f(0, 2), f(0, 3)];
        for (var row = top; row < top + rows; row++)
        {
            for (var column = left; column < left + columns; column++)
                expected.Add(f(1 + (row / 2 * layout.Grid.Columns) + column / 2, (row % 2 * 2) + column % 2));
            expected.Add(encoder.RowEnd!);
        }
        expected.Add(encoder.Boundary!.Value.End);
        AreRows(encoder.forward(pixels, [layout]), expected);
        Assert.That(encoder.Positions.Of(layout), Is.EqualTo(expected.Count));
    }

    [Test]
    public void A_picture_is_the_same_alone_and_among_others([Values("mlp", "pixelShuffle", "averagePool", "resampler")] string kind)
    {
        AdapterSettings adapter = kind switch
        {
            "mlp" => new(),
            "resampler" => new() { Kind = kind, Queries = 3, Heads = 2 },
            _ => new() { Kind = kind, Factor = 2 },
        };
        using var encoder = Encoder(Rows, adapter);
        PictureLayout[] layouts = [Layout("1x2"), Layout("2x2"), Layout("1x1"), Layout("3x1")];
        var pixels = Pixels(layouts.Sum(layout => layout.Squares));
        var together = encoder.forward(pixels, layouts);
        Assert.That(together.shape[0], Is.EqualTo(layouts.Sum(encoder.Positions.Of)));
        var (row, square) = (0L, 0L);
        foreach (var layout in layouts)
        {
            var alone = encoder.forward(pixels.narrow(0, square, layout.Squares), [layout]);
            // Products of matrices with another number of rows may sum in another order.
            Compare.Close(together.narrow(0, row, alone.shape[0]), alone.detach(), 1e-12, layout.ToString());
            (row, square) = (row + alone.shape[0], square + layout.Squares);
        }
    }

    [Test]
    public void Without_tiles_pictures_are_the_bits_of_the_plain_pass()
    {
        using var encoder = Tiny.Encoder();
        var pixels = rand(3, 3, 8, 8);
        var plain = encoder.forward(pixels).reshape(-1, Tiny.LlamaConfig.Shape.Width);
        Compare.Close(
            encoder.forward(pixels, [PictureLayout.Whole, PictureLayout.Whole, PictureLayout.Whole]), plain.detach(), 0, "pictures");
        Assert.That(encoder.Positions.Of(PictureLayout.Whole), Is.EqualTo(encoder.Tokens));
    }

    [Test]
    public void The_gradient_of_a_row_end_is_the_slope_of_the_sum()
    {
        using var encoder = Encoder(Rows);
        PictureLayout[] layouts = [Layout("2x2"), Layout("1x2")];
        var pixels = Pixels(8);
        var weights = Weights(layouts.Sum(encoder.Positions.Of));
        Loss().backward();
        var given = encoder.RowEnd!.grad!.data<double>().ToArray();
        for (var i = 0; i < given.Length; i++)
        {
            // The loss is a sum of squares: a central difference is exact but for rounding over the step, 1e-13 / 1e-3.
            var slope = (Moved(i, 1e-3) - Moved(i, -1e-3)) / 2e-3;
            Assert.That(given[i], Is.EqualTo(slope).Within(1e-8 * Math.Max(1, Math.Abs(slope))), $"row_end[{i}]");
        }

        Tensor Loss()
        {
            var x = encoder.forward(pixels, layouts);
            return x.mul(x).mul(weights).sum();
        }

        double Moved(int index, double way)
        {
            using var _ = no_grad();
            using var scope = NewDisposeScope();
            using var step = zeros(given.Length, ScalarType.Float64);
            step[index] = tensor(way, ScalarType.Float64);
            encoder.RowEnd!.add_(step);
            var loss = Loss().item<double>();
            encoder.RowEnd!.sub_(step);
            return loss;
        }

        static Tensor Weights(int rows)
        {
            var random = new DeterministicRandom(4);
            return tensor(
                Enumerable.Range(0, rows * Tiny.LlamaConfig.Shape.Width).Select(_ => random.NextGaussian()).ToArray()).view(rows, -1);
        }
    }

    [Test]
    public void A_row_end_has_a_name_on_disk_and_a_beginning_of_its_own()
    {
        using var encoder = Encoder(Rows);
        Assert.That(encoder.Keys.ToTheirs("row_end"), Is.EqualTo("image_boundary.row_end"));
        Assert.That(encoder.RowEnd!.data<double>().ToArray(), Is.Not.EqualTo(encoder.Boundary!.Value.Start.data<double>().ToArray()));
    }

    [Test]
    public void Squares_that_are_not_those_of_the_pictures_are_a_fault_of_the_caller()
    {
        using var encoder = Encoder(Rows);
        using var plain = Tiny.Encoder();
        Assert.Throws<ArgumentException>(() => encoder.forward(Pixels(4), [Layout("2x2")]));
        Assert.Throws<ArgumentException>(() => encoder.Positions.Of(PictureLayout.Whole));
        Assert.Throws<ArgumentException>(() => plain.Positions.Of(Layout("2x2")));
    }

    [Test]
    public void Class_tokens_have_no_place_in_a_map()
    {
        var fault = Assert.Throws<GraftException>(() => Refused(Rows, new(), keepClass: true))!;
        Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Usage));
        Assert.That(fault.Message, Does.Contain("the class token, which features.keepClass keeps, has no place"));
    }

    [Test]
    public void A_resamplers_tokens_cannot_be_cut_to_the_picture() => Assert.That(
        Assert.Throws<GraftException>(
            () => Refused(Rows with { Unpad = true }, new() { Kind = "resampler", Queries = 3, Heads = 2 }, keepClass: false))!.Message,
        Does.Contain("tiles.unpad is true, and an adapter of kind 'resampler'"));

    static void Refused(Tiling tiling, AdapterSettings adapter, bool keepClass)
    {
        using var tower = TowerFamilies.Create(Tiny.TowerConfig, new(KeepClass: keepClass), 1, CPU, ScalarType.Float32);
        using var built = adapter.Build(tower, 16);
        using var encoder = new VisionEncoder(tower, built, tiling: tiling);
    }

    [Test]
    public void A_step_leaves_no_tensor_behind()
    {
        using var encoder = Encoder(Rows);
        var pixels = Pixels(5);
        Step();
        var before = LiveTensors.Count;
        Step();
        Assert.That(LiveTensors.Count, Is.EqualTo(before));

        void Step()
        {
            using var scope = NewDisposeScope();
            encoder.forward(pixels, [Layout("2x2")]).sum().backward();
        }
    }
}
