using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Models.Streaming;
using Grafting.Core.Running;
using Grafting.Core.Text;
using Grafting.Surrogates.Analysis;
using Grafting.Tests.Models;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.Surrogates.Analysis;

/// <summary>What is measured after each layer, against an independent float64 computation.</summary>
sealed class LayerMeasurementTests : InScope
{
    // Float32 against float64: logits reach about 20 and are good to about 1e-5; the issue asks for 1e-4.
    const double Tolerance = 1e-4;

    static string Model => Shared.Real("models/stories260K");

    static IReadOnlyList<Passage> Stories()
    {
        var tokenizer = Tokenizer.Load(Model);
        using var reference = JsonDocument.Parse(File.ReadAllText(Shared.Real("models/stories260K_reference.json")));
        return [.. reference.RootElement.GetProperty("nll").EnumerateArray()
            .Select((story, i) => new Passage($"story {i}", tokenizer.Encode(story.GetProperty("text").GetString()!)))];
    }

    static LayerMeasurements Measure(
        IReadOnlyList<Passage> passages, TempFolder folder, TrajectoryArithmetic arithmetic, ScalarType dtype = ScalarType.Float32,
        StopRequest? stop = null, IProgress<ProgressReport>? progress = null)
    {
        using var stream = LayerStream.Open(Model, CPU, dtype);
        var pass = new StatePass(stream, passages, folder.Path);
        pass.Run(Enumerable.Range(0, 6).ToHashSet(), "x");
        return new LayerMeasurement(pass, arithmetic).Run(progress, stop);
    }

    [Test]
    public void Every_criterion_agrees_with_float64_at_every_layer()
    {
        using var folder = new TempFolder();
        var passages = Stories();
        var measured = Measure(passages, folder, TrajectoryArithmetic.Exact);
        using var model = new DoubleLlama(Model);
        for (var p = 0; p < passages.Count; p++)
        {
            var expected = Reference(model, passages[p].Ids);
            Assert.Multiple(() =>
            {
                foreach (var criterion in Enum.GetValues<Criterion>())
                {
                    // One token of a story may change sides where its two best candidates are level in float32.
                    var within = criterion == Criterion.TopOneAgreement ? 1.01 / (passages[p].Ids.Length - 1) : Tolerance;
                    Assert.That(
                        measured.Values[criterion][p], Is.EqualTo(expected[criterion]).Within(within), $"{criterion}, {passages[p].Id}");
                }
            });
        }
        Assert.That(
            measured.Values[Criterion.Trajectory].Average(sample => sample[0]), Is.GreaterThan(0.1),
            "the first layer is far from the last");
    }

    [Test]
    public void The_published_arithmetic_rounds_clamps_and_is_not_made_to_sum_to_1()
    {
        // Two layers, three positions; worked out by hand from the published steps: p/Σp in bfloat16 (8 bits), then float32, clamped at
        // 1e-6.
        float[][] scores = [[0.5f, 0.25f, 0f], [0.25f, 0.25f, 0.5f]];
        double first = 0.66796875, second = 0.333984375, floor = 1e-6;   // 2/3 and 1/3 rounded to bfloat16
        var expected = (first * Math.Log(first / 0.25)) + (second * Math.Log(second / 0.25)) + (floor * Math.Log(floor / 0.5));
        using var scope = NewDisposeScope();
        Assert.That(TrajectoryArithmetic.Zero.Divergences(scores), Is.EqualTo(new[] { expected, 0 }).Within(1e-6));
        Assert.That(TrajectoryArithmetic.Named("zero"), Is.SameAs(TrajectoryArithmetic.Zero));
        Assert.That(() => TrajectoryArithmetic.Named("one"), Throws.TypeOf<GraftException>().With.Message.Contains("known is zero"));
    }

    [Test]
    public void Exact_arithmetic_needs_no_probability_that_fits_a_float()
    {
        float[][] logs = [[-1000, -1001], [-2, -2]];
        var p = 1 / (1 + Math.Exp(-1));
        var expected = (p * Math.Log(p / 0.5)) + ((1 - p) * Math.Log((1 - p) / 0.5));
        Assert.That(TrajectoryArithmetic.Exact.Divergences(logs), Is.EqualTo(new[] { expected, 0 }).Within(1e-12));
    }

    [Test]
    public void The_published_arithmetic_in_bfloat16_is_near_the_exact_one()
    {
        using var folder = new TempFolder();
        var passages = Stories().Take(3).ToList();
        var exact = Measure(passages, folder, TrajectoryArithmetic.Exact);
        var zero = Measure(passages, folder, TrajectoryArithmetic.Zero, ScalarType.BFloat16);
        for (var p = 0; p < passages.Count; p++)
            Assert.That(
                zero.Values[Criterion.Trajectory][p],
                Is.EqualTo(exact.Values[Criterion.Trajectory][p]).Within(0.1).And.Not.EqualTo(exact.Values[Criterion.Trajectory][p]));
    }

    [Test]
    public void An_interrupted_measurement_goes_on_and_ends_the_same()
    {
        using var folder = new TempFolder();
        using var other = new TempFolder();
        // More than one batch.
        IReadOnlyList<Passage> passages =
            [.. Enumerable.Range(0, 6).SelectMany(_ => Stories()).Select((story, i) => story with { Id = $"{i}" })];
        var whole = Measure(passages, folder, TrajectoryArithmetic.Exact);
        using (var stop = new StopRequest())
        {
            Assert.That(
                () => Measure(passages, other, TrajectoryArithmetic.Exact, stop: stop, progress: new OnProgress(_ => stop.Request("test"))),
                Throws.TypeOf<GraftException>().With.Property(nameof(GraftException.Kind)).EqualTo(ErrorKind.Stopped));
        }
        // As if the process had died while it wrote a line.
        File.AppendAllText(
            Directory.EnumerateFiles(other.Path, "measurements-exact.jsonl", SearchOption.AllDirectories).Single(),
            "{\"Passage\":3,\"Traj");
        var resumed = Measure(passages, other, TrajectoryArithmetic.Exact);
        foreach (var criterion in Enum.GetValues<Criterion>()) Assert.That(resumed.Values[criterion], Is.EqualTo(whole.Values[criterion]));
    }

    static Dictionary<Criterion, double[]> Reference(DoubleLlama model, int[] ids)
    {
        var borders = model.Borders(ids);
        var logs = borders.Skip(1).Select(rows => rows.Take(ids.Length - 1).Select(model.LogProbabilities).ToArray()).ToArray();
        var shares = Array.ConvertAll(logs, layer =>
        {
            var p = layer.Select((row, j) => Math.Exp(row[ids[j + 1]])).ToArray();
            return Array.ConvertAll(p, value => value / p.Sum());
        });
        double Each(Func<int, double> of) => Enumerable.Range(0, ids.Length - 1).Average(of);
        return new()
        {
            [Criterion.Trajectory] = Array.ConvertAll(shares, q => q.Zip(shares[^1], (a, b) => a * Math.Log(a / b)).Sum()),
            [Criterion.VocabularyKl] = Array.ConvertAll(
                logs, layer => Each(j => logs[^1][j].Zip(layer[j], (final, l) => Math.Exp(final) * (final - l)).Sum())),
            [Criterion.TopOneAgreement] = Array.ConvertAll(logs, layer => Each(j => Top(layer[j]) == Top(logs[^1][j]) ? 1 : 0)),
            [Criterion.BlockInfluence] =
                [.. Enumerable.Range(0, model.Layers)
                    .Select(l => borders[l].Zip(borders[l + 1], (a, b) => 1 - (Dot(a, b) / Math.Sqrt(Dot(a, a) * Dot(b, b)))).Average())],
        };
    }

    static int Top(double[] row) => Array.IndexOf(row, row.Max());

    static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
