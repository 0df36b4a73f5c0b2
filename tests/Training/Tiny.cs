using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Decoders.Llama;
using Grafting.Core.Models.Towers;
using Grafting.Core.Models.Towers.Clip;
using Grafting.Core.Numerics;
using Grafting.Core.Text;
using Grafting.Core.Training;
using static TorchSharp.torch;

namespace Grafting.Tests.Training;

/// <summary>A decoder and an encoder small enough that a training step takes milliseconds, and random samples for them.</summary>
sealed class Tiny : IDisposable
{
    public const int Vocabulary = 40;

    /// <param name="range">Spread of the decoder's weights; the usual one makes every part of so small a model matter.</param>
    /// <param name="adapter">What stands between tower and decoder; the usual one has two linear layers.</param>
    /// <param name="tiling">How pictures are cut; null: they are not.</param>
    public Tiny(
        ulong seed = 3, ScalarType dtype = ScalarType.Float32, double range = 0.3, AdapterSettings? adapter = null, Tiling? tiling = null,
        int vocabulary = Vocabulary)
    {
        var llama = new LlamaConfig(new(16, 24, 3, 4, 2, 4, vocabulary, 128), 1e-5, new RopeConfig(10000), InitialiserRange: range);
        var decoder = DecoderFamilies.Create(llama, seed, CPU, dtype);
        var tower = TowerFamilies.Create(
            new ClipVisionConfig(12, 24, 2, 2, ImageSize: 8, PatchSize: 4), new FeaturePath(KeepClass: false), seed, CPU, dtype);
        Encoder = new VisionEncoder(tower, (adapter ?? new AdapterSettings()).Build(tower, llama.Shape.Width), tiling: tiling);
        Encoder.InitialiseBridge(seed);
        Model = new TrainingModel(decoder, Encoder, translators: [1]);
    }

    public VisionEncoder Encoder { get; }

    public TrainingModel Model { get; }

    public static StageConfig Stage(string name, int steps, params TrainedPart[] train) => new()
    {
        Name = name,
        Steps = steps,
        ImageBatch = 4,
        TextBatch = 2,
        TextShare = 0.5,
        RowLength = 24,
        LearningRate = 1e-2,
        WarmUp = 0.25,
        Optimizer = new AdamWConfig { WeightDecay = 0.1 },
        Train = train,
    };

    /// <summary>Samples that depend on the position alone.</summary>
    public sealed class Source(bool pictures) : ISampleSource
    {
        public EncodedSample At(long position)
        {
            var random = new DeterministicRandom(pictures ? 1UL : 2, (ulong)position);
            var length = random.NextInt(6, 14);
            int[] ids = [.. Enumerable.Range(0, length).Select(_ => random.NextInt(Vocabulary))];
            float[] weights = [.. ids.Select((_, i) => i < 3 ? 0 : random.Chance(0.5) ? 1 : 0.05f)];
            if (pictures) (ids[1], weights[1]) = (EncodedChat.ImageSlot, 0);
            IReadOnlyList<PreparedPicture> shown = pictures
                ? [Enumerable.Range(0, 3 * 8 * 8).Select(_ => (float)random.NextGaussian()).ToArray()]
                : [];
            return new EncodedSample($"{(pictures ? "picture" : "text")} {position}", new EncodedChat(ids, weights), shown);
        }
    }

    public static StageData Data => new(
        new Source(true), new Source(false), [.. Enumerable.Range(1000, 5).Select(i => new Source(true).At(i))]);

    public static IReadOnlyList<EncodedSample> Samples(int pictures, int texts) =>
        [
            .. Enumerable.Range(0, pictures).Select(i => new Source(true).At(i)),
            .. Enumerable.Range(0, texts).Select(i => new Source(false).At(i)),
        ];

    /// <summary>Samples with a picture each, cut as a preprocessor of this tiling would cut pictures of different shapes.</summary>
    public static IReadOnlyList<EncodedSample> TiledSamples(int count, Tiling tiling)
    {
        (int Width, int Height)[] sizes = [(20, 8), (8, 8), (9, 24), (16, 16), (30, 5)];
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var (width, height) = sizes[i % sizes.Length];
            var layout = new PictureLayout(tiling.Choose(width, height, 8), width, height);
            var random = new DeterministicRandom(9, (ulong)i);
            float[] pixels = [.. Enumerable.Range(0, layout.Squares * 3 * 8 * 8).Select(_ => (float)random.NextGaussian())];
            return new Source(true).At(i) with { Pictures = [new PreparedPicture(pixels, layout)] };
        })];
    }

    /// <summary>Gradients of everything for one step, by name.</summary>
    public SortedDictionary<string, double[]> Gradients(StepBatch batch, bool recompute = false)
    {
        foreach (var (_, parameter) in Model.All()) parameter.requires_grad = true;
        return GradientsOfChosen(batch, recompute);
    }

    /// <summary>Gradients of what trains, by name.</summary>
    public SortedDictionary<string, double[]> GradientsOfChosen(StepBatch batch, bool recompute = false)
    {
        GradientNorm.Reset([.. Model.All().Select(p => p.Value)]);
        StepGradient.Accumulate(Model, batch, recompute);
        using var reading = NewDisposeScope();
        return new(
            Model.All().Where(p => p.Value.requires_grad && p.Value.grad is not null).ToDictionary(
                p => p.Key, p => p.Value.grad!.to(ScalarType.Float64).data<double>().ToArray()),
            StringComparer.Ordinal);
    }

    /// <summary>How far two gradients lie apart, as a part of the first one's norm; both have the same tensors.</summary>
    public static double Distance(SortedDictionary<string, double[]> expected, SortedDictionary<string, double[]> actual)
    {
        Assert.That(actual.Keys, Is.EqualTo(expected.Keys));
        var apart = expected.Sum(g => g.Value.Zip(actual[g.Key], (a, b) => (a - b) * (a - b)).Sum());
        return Math.Sqrt(apart / expected.Sum(g => g.Value.Sum(v => v * v)));
    }

    public void Dispose()
    {
        Encoder.Dispose();
        Model.Decoder.Dispose();
    }
}
