using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models.Streaming;
using Grafting.Core.Running;
using Grafting.Core.Text;
using Grafting.Recipes;
using Grafting.Surrogates;
using Grafting.Surrogates.Analysis;
using Grafting.Surrogates.Translators;
using Grafting.Tests.Models;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.Surrogates.Translators;

/// <summary>What translators start as, how they are fitted and trained; on a really trained model.</summary>
sealed class TranslatorTests : InScope
{
    static string Model => Shared.Real("models/stories260K");

    static string Toy => TargetResolver.Resolve("toy").RequireFolder();

    /// <summary>Random words: what is fitted and trained here need not be sense.</summary>
    static IReadOnlyList<Passage> Text(int count, int vocabulary = 512)
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, count)
            .Select(p => new Passage($"p{p}", [1, .. Enumerable.Range(0, 60).Select(_ => random.Next(3, vocabulary))]))];
    }

    static SurrogatePlan Plan(CutRequest cut, TranslatorStart start = TranslatorStart.First, string? model = null)
    {
        using var target = Checkpoint.Open(model ?? Model);
        return SurrogatePlan.Create(target, cut, start);
    }

    static float[] Stored(string name)
    {
        using var target = Checkpoint.Open(Model);
        return target.Tensor(name).File.ReadFloats(name);
    }

    [Test]
    public void A_mean_is_the_mean_of_the_share_of_each_translator()
    {
        using var stream = LayerStream.Open(Model, CPU, ScalarType.Float32);
        using var set = TranslatorSet.Create(stream, Plan(CutRequest.Replace(1, 3) with { Translators = 2 }, TranslatorStart.Mean));
        var second = Named.Parameter(set.All[1].Layer, "feed_forward.up.weight").data<float>().ToArray();
        var expected = Stored("model.layers.2.mlp.up_proj.weight").Zip(Stored("model.layers.3.mlp.up_proj.weight"), (a, b) => (a + b) / 2);
        Assert.Multiple(() =>
        {
            Assert.That(set.All.Select(t => t.Index), Is.EqualTo(new[] { 1, 2 }));
            Assert.That(
                Named.Parameter(set.All[0].Layer, "feed_forward.up.weight").data<float>().ToArray(),
                Is.EqualTo(Stored("model.layers.1.mlp.up_proj.weight")));
            Assert.That(second, Is.EqualTo(expected).Within(1e-7));
        });
    }

    [Test]
    public void Least_squares_solve_the_normal_equations()
    {
        using var folder = new TempFolder();
        using var _ = no_grad();
        using var stream = LayerStream.Open(Model, CPU, ScalarType.Float32);
        var plan = Plan(CutRequest.Replace(1, 3), TranslatorStart.LeastSquares);
        using var set = TranslatorSet.Create(stream, plan);
        var states = new StatePass(stream, Text(40), folder.Path);
        states.Run(TranslatorMaker.Borders(plan, distil: false), "x");
        var copied = Stored("model.layers.1.mlp.down_proj.weight");
        var fit = LeastSquares.Solve(set, plan.Replaced, states).Single();
        var solved = set.All[0].Layer.LastProjection!.data<float>().ToArray();

        // The gradient of Σ‖R − F·Wᵀ‖² + λ‖W − W₀‖² is zero at the solution; taken here from the states, token by token, in float64.
        var (gradient, scale) = Gradient(stream, states, plan.Replaced[0], copied, solved, fit.Ridge);
        Assert.Multiple(() =>
        {
            Assert.That(gradient, Is.LessThan(1e-4 * scale), "float32 states and a float32 result against terms of this size");
            Assert.That(fit.After, Is.LessThan(fit.Before));
            Assert.That(fit.After, Is.InRange(0, 1));
        });
    }

    [TestCase(1)]
    [TestCase(2)]
    public void The_reported_error_is_that_of_the_translators_output(int translators)
    {
        using var folder = new TempFolder();
        using var _ = no_grad();
        using var stream = LayerStream.Open(Model, CPU, ScalarType.Float32);
        var plan = Plan(CutRequest.Replace(1, 3) with { Translators = translators }, TranslatorStart.LeastSquares);
        using var set = TranslatorSet.Create(stream, plan);
        // Too few passages to leave one out, so that the error is that of all of them.
        var states = new StatePass(stream, Text(4), folder.Path);
        states.Run(TranslatorMaker.Borders(plan, distil: false), "x");
        var fit = LeastSquares.Solve(set, plan.Replaced, states).Single();
        using var before = states.Open(1);
        using var after = states.Open(4);
        var (error, change) = (0.0, 0.0);
        foreach (var batch in states.Batches)
        {
            var x = batch.Pad(before.Read(batch));
            foreach (var translator in set.All) x = translator.Layer.forward(x, batch.Positions(CPU));
            error += batch.Unpad(x).sub(after.Read(batch)).square().sum().item<float>();
            change += before.Read(batch).sub(after.Read(batch)).square().sum().item<float>();
        }
        Assert.That(error / change, Is.EqualTo(fit.After).Within(1e-3));
    }

    [TestCase("3-6", 1)]
    [TestCase("2-3,5-6", 1)]
    [TestCase("2-6", 2)]
    public void Distillation_brings_the_surrogate_closer_to_the_target(string ranges, int translators)
    {
        using var folder = new TempFolder();
        var (before, after, _) = Distil(folder, CutRequest.Parse(null, ranges) with { Translators = translators }, steps: 60, model: Toy);
        Assert.Multiple(() =>
        {
            Assert.That(after.Divergence, Is.LessThan(0.8 * before.Divergence));
            Assert.That(after.Hidden, Is.LessThan(0.8 * before.Hidden));
        });
    }

    [Test]
    public void A_distillation_that_was_interrupted_ends_with_the_same_weights()
    {
        using var whole = new TempFolder();
        using var interrupted = new TempFolder();
        var (_, _, expected) = Distil(whole, CutRequest.Replace(1, 3), steps: 12);
        foreach (var at in (int[])[3, 7])
        {
            using var stop = new StopRequest();
            var reports = 0;
            Assert.That(
                () => Distil(
                    interrupted, CutRequest.Replace(1, 3), steps: 12, stop,
                    new OnProgress(
                        report =>
                        {
                            if (report.Stage.StartsWith("training", StringComparison.Ordinal) && ++reports == 3) stop.Request(
                            "test");
                        })),
                Throws.TypeOf<GraftException>().With.Property(nameof(GraftException.Kind)).EqualTo(ErrorKind.Stopped), $"{at}");
        }
        var (_, _, resumed) = Distil(interrupted, CutRequest.Replace(1, 3), steps: 12);
        Assert.That(resumed, Is.EqualTo(expected));
    }

    [Test]
    public void The_measured_quality_agrees_with_float64()
    {
        using var folder = new TempFolder();
        using (var target = Checkpoint.Open(Model))
            SurrogateBuilder.Build(target, SurrogatePlan.Create(target, CutRequest.Layers(4)), folder["surrogate"]);
        var passages = Text(5).Select((p, i) => p with { Answers = [.. p.Ids.Select((_, j) => i > 0 && j % 3 == 0)] }).ToList();
        var quality = LanguageComparison.Run(Model, folder["surrogate"], passages, folder["scratch"], CPU, ScalarType.Float32, seed: 1);
        using var full = new DoubleLlama(Model);
        using var small = new DoubleLlama(folder["surrogate"]);
        var all = passages.SelectMany(passage =>
        {
            var (a, b) = (full.Borders(passage.Ids)[^1], small.Borders(passage.Ids)[^1]);
            return Enumerable.Range(0, passage.Ids.Length - 1).Select(j =>
            {
                var (p, q) = (full.LogProbabilities(a[j]), small.LogProbabilities(b[j]));
                return (
                    Target: -p[passage.Ids[j + 1]], Surrogate: -q[passage.Ids[j + 1]], Kl: p.Zip(q, (x, y) => Math.Exp(x) * (x - y)).Sum(),
                    Answer: passage.Answers![j + 1], Same: Array.IndexOf(p, p.Max()) == Array.IndexOf(q, q.Max()) ? 1.0 : 0);
            });
        }).ToList();
        // Float32 against float64, mean over 300 tokens.
        const double tolerance = 1e-4;
        Assert.Multiple(() =>
        {
            foreach (var (score, tokens) in new[] { (quality.All, all), (quality.Answers!, all.Where(t => t.Answer).ToList()) })
            {
                Assert.That(score.Tokens, Is.EqualTo(tokens.Count));
                Assert.That(score.TargetLoss.Value, Is.EqualTo(tokens.Average(t => t.Target)).Within(tolerance));
                Assert.That(score.SurrogateLoss.Value, Is.EqualTo(tokens.Average(t => t.Surrogate)).Within(tolerance));
                Assert.That(score.LossDifference.Value, Is.EqualTo(tokens.Average(t => t.Surrogate - t.Target)).Within(tolerance));
                Assert.That(score.Divergence.Value, Is.EqualTo(tokens.Average(t => t.Kl)).Within(tolerance));
                Assert.That(score.Agreement.Value, Is.EqualTo(tokens.Average(t => t.Same)).Within(0.02));
            }
            Assert.That(quality.All.Divergence.Low, Is.LessThan(quality.All.Divergence.Value).And.GreaterThan(0));
            Assert.That(Directory.Exists(folder["scratch"]), Is.False, "nothing of the states is left");
        });
    }

    static (DistillationScore Before, DistillationScore After, float[] Weights) Distil(
        TempFolder folder, CutRequest cut, int steps, StopRequest? stop = null, IProgress<ProgressReport>? progress = null,
        string? model = null)
    {
        using var stream = LayerStream.Open(model ?? Model, CPU, ScalarType.Float32);
        var plan = Plan(cut, model: model);
        using var set = TranslatorSet.Create(stream, plan);
        var states = new StatePass(stream, Text(200, stream.Shape.Vocabulary), folder.Path);
        states.Run(TranslatorMaker.Borders(plan, distil: true), "x");
        var (before, after) = new Distillation(
            states, plan, set, new DistillationConfig { Steps = steps, LearningRate = 1e-3, CheckpointEvery = 4 },
            "test").Run(progress, stop);
        return (before, after, [.. set.All.SelectMany(t => t.Layer.parameters()).SelectMany(p => p.data<float>().ToArray())]);
    }

    static (double Largest, double Scale) Gradient(
        LayerStream stream, StatePass states, LayerRange range, float[] copied, float[] solved, double ridge)
    {
        using var layer = stream.Load(range.First);
        using var before = states.Open(range.First);
        using var after = states.Open(range.Last + 1);
        var (width, inner) = (stream.Shape.Width, copied.Length / stream.Shape.Width);
        var (gradient, meanSquare, scale) = (new double[width, inner], 0.0, 0.0);
        foreach (var batch in states.Batches)
        {
            var (residual, features) = layer.BeforeLastProjection(batch.Pad(before.Read(batch)), batch.Positions(CPU));
            var (f, r) = (
                batch.Unpad(features).data<float>().ToArray(), after.Read(batch).sub(batch.Unpad(residual)).data<float>().ToArray());
            for (var row = 0; row < batch.Rows; row++)
            {
                for (var j = 0; j < inner; j++) meanSquare += (double)f[(row * inner) + j] * f[(row * inner) + j] / inner;
                for (var i = 0; i < width; i++)
                {
                    double missing = r[(row * width) + i];
                    for (var j = 0; j < inner; j++) missing -= (double)solved[(i * inner) + j] * f[(row * inner) + j];
                    for (var j = 0; j < inner; j++)
                    {
                        gradient[i, j] -= missing * f[(row * inner) + j];
                        scale = Math.Max(scale, Math.Abs((double)r[(row * width) + i] * f[(row * inner) + j]));
                    }
                }
            }
        }
        var largest = 0.0;
        for (var i = 0; i < width; i++)
            for (var j = 0; j < inner; j++)
                largest = Math.Max(
                    largest, Math.Abs(gradient[i, j] + (ridge * meanSquare * ((double)solved[(i * inner) + j] - copied[(i * inner) + j]))));
        return (largest, scale * states.Tokens);
    }
}
