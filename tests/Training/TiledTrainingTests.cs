using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Text;
using Grafting.Core.Training;
using Grafting.Tests.Support;
using Grafting.Tests.Text;
using static TorchSharp.torch;

namespace Grafting.Tests.Training;

/// <summary>Training on pictures in tiles, which take as many positions as their shape asks for.</summary>
public class TiledTrainingTests
{
    static readonly Tiling Tiles = new() { MaxTiles = 4 };

    static readonly Tokenizer s_tokenizer = TinyTokenizer.Load(TinyTokenizer.ByteLevel(), null, null);

    /// <summary>Whole picture of 4, tiles of 2 x 2 features, a vector after each row, the boundary.</summary>
    static int PositionsOf(string grid) => TileGrid.Parse(grid) is var g ? 2 + 4 + (2 * g.Rows * ((2 * g.Columns) + 1)) : 0;

    static PicturePositions Positions => new(new FeatureGrid(2, 2), Tiles);

    static PictureLayout Layout(string grid) => new(TileGrid.Parse(grid), 8, 8);

    [Test]
    public void The_gradient_of_a_step_does_not_depend_on_how_it_is_split_packed_or_recomputed(
        [Values(1, 3, 6)] int microBatch, [Values(1, 200)] int rowLength, [Values] bool recompute)
    {
        using var tiny = new Tiny(dtype: ScalarType.Float64, tiling: Tiles);
        IReadOnlyList<EncodedSample> samples = [.. Tiny.TiledSamples(5, Tiles), .. Tiny.Samples(0, 2)];
        var stage = Tiny.Stage("s", 1);
        var whole = tiny.Gradients(StepBatch.Build(samples, stage with { MicroBatch = 7, RowLength = 64 }, tiny.Model.ImageTokens));
        var split = tiny.Gradients(
            StepBatch.Build(samples, stage with { MicroBatch = microBatch, RowLength = rowLength }, tiny.Model.ImageTokens), recompute);
        Assert.That(whole.Keys, Does.Contain("encoder.row_end"));
        // Float64: the same sums in another order.
        Assert.That(Tiny.Distance(whole, split), Is.LessThan(1e-12));
    }

    /// <remarks>As in <see cref="FiniteDifferenceTests"/>: a step of 1e-5 in float64 errs by about 1e-9.</remarks>
    [Test]
    public void The_gradient_of_the_row_end_is_the_slope_of_the_steps_loss([Values] bool recompute)
    {
        const double Way = 1e-5;
        using var tiny = new Tiny(dtype: ScalarType.Float64, tiling: Tiles);
        var batch = StepBatch.Build(Tiny.TiledSamples(5, Tiles), Tiny.Stage("s", 1), tiny.Model.ImageTokens);
        var gradient = tiny.Gradients(batch, recompute)["encoder.row_end"];
        var norm = Math.Sqrt(gradient.Sum(g => g * g));
        Assert.That(norm, Is.GreaterThan(1e-6));
        for (var i = 0; i < gradient.Length; i += 3)
            Assert.That((LossAt(i, Way) - LossAt(i, -Way)) / (2 * Way), Is.EqualTo(gradient[i]).Within(1e-6 * norm), $"row_end[{i}]");

        double LossAt(int index, double way)
        {
            using var _ = no_grad();
            using var scope = NewDisposeScope();
            var values = new double[gradient.Length];
            values[index] = way;
            tiny.Encoder.RowEnd!.add_(tensor(values));
            var loss = StepGradient.Accumulate(tiny.Model, batch).Total;
            tiny.Encoder.RowEnd!.sub_(tensor(values));
            return loss;
        }
    }

    [Test]
    public void The_boundary_trains_the_row_end_too()
    {
        using var tiny = new Tiny(tiling: Tiles);
        var group = tiny.Model.Choose([new TrainedPart { Part = "boundary" }]).Single();
        Assert.That(group.Parameters.Select(p => p.Key), Is.EquivalentTo(new[] { "encoder.start", "encoder.end", "encoder.row_end" }));
    }

    [Test]
    public void Every_position_of_a_picture_is_counted_and_filled_in_order()
    {
        using var tiny = new Tiny(dtype: ScalarType.Float64, tiling: Tiles);
        var samples = Tiny.TiledSamples(3, Tiles);
        var part = MicroBatch.From(samples, tiny.Model.ImageTokens, rowLength: 1);
        var grids = samples.Select(s => s.Pictures[0].Layout.Grid.ToString()).ToList();
        // 20 x 8, 8 x 8 and 9 x 24 in tiles of 8: the smallest grids that keep most of them.
        Assert.That(grids, Is.EqualTo(new[] { "1x3", "1x1", "3x1" }));
        Assert.Multiple(() =>
        {
            Assert.That((part.Pictures, part.Squares), Is.EqualTo((3, 3 + 3 + 1 + 3)));
            Assert.That(part.Pixels, Has.Length.EqualTo(part.Squares * 3 * 8 * 8));
            Assert.That(part.Packed.ImagePositions, Has.Length.EqualTo(grids.Sum(PositionsOf)));
            Assert.That(part.Packed.UsedPositions, Is.EqualTo(samples.Sum(s => s.Chat.Ids.Length - 1) + grids.Sum(PositionsOf)));
        });
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var tensors = PackedTensors.From(part.Packed, CPU);
        var x_rlw = tiny.Model.Embed(tensors, tiny.Model.ToPixels(part.Pixels, part.Pictures));
        var pictures = tiny.Encoder.forward(tiny.Model.ToPixels(part.Pixels, part.Pictures)!, part.Packed.Pictures);
        var spliced = x_rlw.view(-1, x_rlw.shape[2]).index_select(0, tensors.ImagePositions);
        Assert.That(spliced.sub(pictures).abs().max().item<double>(), Is.Zero);
    }

    static readonly Turn[] s_turns =
    [
        new(Role.User, "<image>a"), new(Role.Assistant, "b"), new(Role.User, "<image>c"), new(Role.Assistant, "d"),
    ];

    // 12 positions for one tile, 16 for two side by side, 26 for four; the letters, line breaks and ends of s_turns are 8 more.
    [TestCase("1x1", "2x2", 46, 2, 10)]
    [TestCase("1x1", "2x2", 45, 2, 9)]
    [TestCase("1x1", "2x2", 42, 2, 6)]
    [TestCase("1x1", "2x2", 41, 1, 5)]
    [TestCase("2x2", "1x1", 41, 1, 5)]
    [TestCase("2x2", "1x1", 42, 2, 6)]
    [TestCase("1x2", "1x1", 32, 2, 6)]
    public void A_picture_in_tiles_is_never_cut(string first, string second, int maxLength, int pictures, int tokens)
    {
        Assert.That((PositionsOf("1x1"), PositionsOf("1x2"), PositionsOf("2x2")), Is.EqualTo((12, 16, 26)));
        PictureLayout[] layouts = [Layout(first), Layout(second)];
        var chat = Encoder(maxLength).Encode("s", s_turns, layouts: layouts);
        Assert.That((chat.Pictures, chat.Ids.Length), Is.EqualTo((pictures, tokens)));
        Assert.That(PackedBatch.LengthOf(chat, Positions, layouts), Is.LessThanOrEqualTo(maxLength));
    }

    [Test]
    public void A_first_picture_that_does_not_fit_is_named_with_the_positions_of_its_shape() => Assert.That(
        Assert.Throws<GraftException>(() => Encoder(25).Encode("x7", s_turns, layouts: [Layout("2x2"), Layout("1x1")]))!.Message,
        Does.Contain("\"x7\"").And.Contain("its first picture, 26 positions, does not fit").And.Contain("takes 46 positions"));

    [Test]
    public void Samples_are_cut_by_the_shapes_of_their_pictures()
    {
        using var folder = new TempFolder();
        string Write(string name, int width, int height) =>
            folder.Write(name, PngWriter.Encode(new RgbImage(width, height, [.. Enumerable.Repeat((byte)200, 3 * width * height)])));
        var (wide, small) = (Write("wide.png", 16, 8), Write("small.png", 8, 8));
        var sample = new Sample("s", [wide, small], s_turns);
        EncodedSample At(int maxLength) => new DatasetSource(
            [sample], Encoder(maxLength), new PictureCache(new ImagePreprocessor(PreprocessorConfig.Clip(8) with { Tiling = Tiles })),
            new BadSampleLog("data", 0), 1).At(0);
        Assert.Multiple(() =>
        {
            Assert.That(At(36).Layouts.Select(layout => layout.Grid.ToString()), Is.EqualTo(new[] { "1x2", "1x1" }));
            Assert.That(At(36).Pictures.Select(picture => picture.Pixels.Length / (3 * 8 * 8)), Is.EqualTo(new[] { 3, 2 }));
            Assert.That(At(31).Pictures, Has.Count.EqualTo(1), "the second picture would end at 32");
        });
    }

    static ChatEncoder Encoder(int maxLength) => new(s_tokenizer, ChatTemplate.Named("plain"), new LabelPolicy(), Positions, maxLength);
}
