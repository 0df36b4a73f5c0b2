using Grafting.Core;
using Grafting.Core.Models;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Numerics;
using Grafting.Core.Training;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.Models.Adapters;

/// <summary>Every kind of adapter against loops in float64 that share no code with it.</summary>
public class AdapterTests : InScope
{
    const int Language = 5;
    static readonly FeatureGrid Grid = new(4, 4);

    static readonly AdapterSettings[] All =
    [
        new() { Depth = 1 },
        new(),
        new() { Depth = 5 },
        new() { Kind = "pixelShuffle", Factor = 2 },
        new() { Kind = "pixelShuffle", Factor = 4, Depth = 1 },
        new() { Kind = "averagePool", Factor = 2, Depth = 3 },
        new() { Kind = "averagePool", Factor = 4 },
        new() { Kind = "resampler", Queries = 3, Heads = 2 },
        new() { Kind = "resampler", Queries = 1, Heads = 1, Depth = 3 },
    ];

    static Adapter Make(AdapterSettings settings, FeatureGrid grid, ulong seed = 5, int width = 6)
    {
        var adapter = settings.ToConfig(width, Language).Build(grid, CPU, ScalarType.Float64);
        adapter.Initialise(seed);
        // Away from the plain norms and the small biases of the beginning, so that every term shows.
        var random = new DeterministicRandom(seed, 77);
        using var _ = no_grad();
        foreach (var parameter in adapter.parameters())
            parameter.add_(
                tensor(
                    Enumerable.Range(0, (int)parameter.numel()).Select(_ => 0.2 * random.NextGaussian()).ToArray()).view(parameter.shape));
        return adapter;
    }

    static double[] Numbers(int count, ulong stream)
    {
        var random = new DeterministicRandom(11, stream);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextGaussian())];
    }

    static Dictionary<string, double[]> ValuesOf(nn.Module module) =>
        module.named_parameters().ToDictionary(p => p.name, p => p.parameter.detach().data<double>().ToArray(), StringComparer.Ordinal);

    [TestCaseSource(nameof(All))]
    public void Values_are_those_of_plain_loops(AdapterSettings settings)
    {
        using var adapter = Make(settings, Grid);
        var features = new[] { Numbers(16 * 6, 1), Numbers(16 * 6, 2) };
        var given = adapter.forward(tensor(features.SelectMany(x => x).ToArray()).view(2, 16, 6));
        var loops = new AdapterLoops(adapter.Config, Grid, ValuesOf(adapter));
        Assert.That(given.shape, Is.EqualTo(new long[] { 2, adapter.Config.Output(Grid).Tokens, Language }));
        // Float64 on both sides; sums of at most a hundred terms of size one, in another order.
        Assert.That(given.data<double>().ToArray(), Is.EqualTo(features.SelectMany(loops.Run)).Within(1e-11));
    }

    /// <remarks>The central difference errs by h² of the third derivative, about 1e-9, and by 1e-11 of rounding over h.</remarks>
    [TestCaseSource(nameof(All))]
    public void Gradients_of_features_and_parameters_are_slopes_of_the_loops(AdapterSettings settings)
    {
        const double Way = 1e-5;
        using var adapter = Make(settings, Grid);
        var (features, values) = (Numbers(16 * 6, 3), ValuesOf(adapter));
        var loops = new AdapterLoops(adapter.Config, Grid, values);
        var weights = Numbers(adapter.Config.Output(Grid).Tokens * Language, 4);
        double Loss() => loops.Run(features).Zip(weights, (y, weight) => y * weight).Sum();

        var leaf = tensor(features).view(1, 16, 6).requires_grad_(true);
        adapter.forward(leaf).view(-1).mul(tensor(weights)).sum().backward();
        Check("features", features, leaf.grad!);
        foreach (var (name, parameter) in adapter.named_parameters()) Check(name, values[name], parameter.grad!);

        void Check(string name, double[] numbers, Tensor gradient)
        {
            var given = gradient.data<double>().ToArray();
            // Every number of a small tensor, and some of a large one.
            for (var i = 0; i < numbers.Length; i += 1 + numbers.Length / 40)
            {
                var kept = numbers[i];
                numbers[i] = kept + Way;
                var above = Loss();
                numbers[i] = kept - Way;
                var slope = (above - Loss()) / (2 * Way);
                numbers[i] = kept;
                Assert.That(given[i], Is.EqualTo(slope).Within(1e-7 * Math.Max(1, Math.Abs(slope))), $"{name}[{i}]");
            }
        }
    }

    [TestCaseSource(nameof(All))]
    public void What_is_counted_is_what_is_built(AdapterSettings settings)
    {
        using var adapter = Make(settings, Grid);
        var places = adapter.Config.Places(Grid);
        var names = adapter.named_parameters().Select(p => p.name).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(adapter.Config.Settings, Is.EqualTo(settings));
            Assert.That(adapter.parameters().Sum(p => p.numel()), Is.EqualTo(adapter.Config.Parameters));
            foreach (var name in names)
                Assert.That(
                    places.Count(place => place.Parameters.Any(start => name.StartsWith(start, StringComparison.Ordinal))), Is.EqualTo(1),
                    name);
            foreach (var place in places.Where(place => place.Weights > 0))
            {
                var matrices = adapter.named_parameters().Where(
                    p => p.parameter.dim() == 2 && place.Parameters.Any(start => p.name.StartsWith(start, StringComparison.Ordinal)));
                Assert.That(place.Weights, Is.EqualTo(matrices.Sum(p => p.parameter.numel())), place.Parameters[0]);
            }
            foreach (var name in names) Assert.That(adapter.Keys.ToOurs(adapter.Keys.ToTheirs(name) ?? ""), Is.EqualTo(name));
        });
    }

    [Test]
    public void The_linear_layers_of_the_grid_kinds_are_called_as_LLaVAs([Values("mlp", "pixelShuffle", "averagePool")] string kind)
    {
        using var adapter = Make(new() { Kind = kind, Factor = kind == "mlp" ? null : 2 }, Grid);
        Assert.That(
            adapter.named_parameters().Select(p => adapter.Keys.ToTheirs(p.name)),
            Is.EquivalentTo(new[] { "linear_1.weight", "linear_1.bias", "linear_2.weight", "linear_2.bias" }));
    }

    /// <summary>Bundles and runs of before depend on these streams.</summary>
    [Test]
    public void An_MLP_begins_with_the_numbers_it_always_began_with()
    {
        using var adapter = new MlpAdapter(new(6, Language), CPU, ScalarType.Float32);
        adapter.Initialise(3);
        foreach (
            var (name, inputs) in new[] { ("layers.0.weight", 6), ("layers.0.bias", 6), ("layers.1.weight", Language),
                ("layers.1.bias", Language) })
        {
            var parameter = adapter.named_parameters().Single(p => p.name == name).parameter;
            var expected = zeros_like(parameter);
            new Initialiser(3).Uniform("adapter." + name, expected, Math.Pow(inputs, -0.5));
            Assert.That(parameter.detach().data<float>().ToArray(), Is.EqualTo(expected.detach().data<float>().ToArray()), name);
        }
    }

    [Test]
    public void A_new_resampler_has_plain_norms_and_queries_of_about_unit_length()
    {
        using var adapter = (Resampler)new ResamplerConfig(64, 8, Queries: 50, Heads: 4).Build(Grid, CPU, ScalarType.Float32);
        adapter.Initialise(1);
        foreach (var (name, parameter) in adapter.named_parameters())
        {
            var values = parameter.detach().to(ScalarType.Float64).data<double>().ToArray();
            if (name.EndsWith("norm.weight", StringComparison.Ordinal)) Assert.That(values, Is.All.EqualTo(1), name);
            else if (name.EndsWith("norm.bias", StringComparison.Ordinal)) Assert.That(values, Is.All.Zero, name);
            // 3200 normal numbers: the mean square lies within 8 % of 1/64 but for once in a thousand seeds.
            else if (name == "queries") Assert.That(values.Average(v => v * v), Is.EqualTo(1.0 / 64).Within(8).Percent);
            else Assert.That(
                values.Max(Math.Abs),
                Is.LessThanOrEqualTo(name.Contains("down", StringComparison.Ordinal) ? 1.0 / 16 : 1.0 / 8).And.GreaterThan(0), name);
        }
    }

    [Test]
    public void Each_square_is_read_alone()
    {
        foreach (var settings in All)
        {
            using var adapter = Make(settings, Grid);
            var features = tensor(Numbers(3 * 16 * 6, 8)).view(3, 16, 6);
            var together = adapter.forward(features);
            for (var i = 0; i < 3; i++)
            {
                var alone = adapter.forward(features.narrow(0, i, 1)).data<double>().ToArray();
                Assert.That(
                    together.narrow(0, i, 1).contiguous().data<double>().ToArray(), Is.EqualTo(alone).Within(1e-12), settings.ToString());
            }
        }
    }

    [Test]
    public void A_step_leaves_no_tensor_behind()
    {
        foreach (var settings in All)
        {
            using var adapter = Make(settings, Grid);
            var features = tensor(Numbers(16 * 6, 8)).view(1, 16, 6);
            Step();
            var before = LiveTensors.Count;
            Step();
            Assert.That(LiveTensors.Count, Is.EqualTo(before), settings.ToString());

            void Step()
            {
                using var scope = NewDisposeScope();
                adapter.forward(features).sum().backward();
            }
        }
    }

    [TestCase("pixelShuffle", 1, 4, 2, "the class token, which features.keepClass keeps")]
    [TestCase("averagePool", 1, 4, 2, "the class token, which features.keepClass keeps")]
    [TestCase("averagePool", 0, 4, 3, "adapter.factor is 3; the tower's patches are 4 x 4")]
    [TestCase("pixelShuffle", 0, 6, 4, "Factors that fit: 2, 3, 6.")]
    [TestCase("averagePool", 0, 5, 2, "Factors that fit: 5.")]
    [TestCase("averagePool", 0, 23, 2, "No factor up to 16 fits")]
    public void Features_that_make_no_cells_are_refused(string kind, int classTokens, int side, int factor, string expected)
    {
        var config = new AdapterSettings { Kind = kind, Factor = factor }.ToConfig(6, Language);
        var fault = Assert.Throws<GraftException>(() => config.Build(new(side, side, classTokens), CPU, ScalarType.Float32))!;
        Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Usage));
        Assert.That($"{fault.Message} {fault.Remedy}", Does.Contain(expected));
    }

    [Test]
    public void Heads_that_do_not_share_the_width_are_refused() => Assert.That(
        Assert.Throws<GraftException>(() => new AdapterSettings { Kind = "resampler", Queries = 2, Heads = 4 }.ToConfig(6, 8))!.Message,
        Does.Contain("adapter.heads is 4; the tower's width of 6"));

    [Test]
    public void Training_moves_every_parameter_of_every_kind()
    {
        AdapterSettings[] kinds =
        [
            new() { Depth = 1 }, new() { Kind = "pixelShuffle", Factor = 2 }, new() { Kind = "averagePool", Factor = 2 },
            new() { Kind = "resampler", Queries = 3, Heads = 2 },
        ];
        foreach (var settings in kinds)
        {
            using var tiny = new Training.Tiny(adapter: settings);
            tiny.Model.Choose([new TrainedPart { Part = "adapter" }]);
            var stage = Training.Tiny.Stage("s", 1);
            var gradients = tiny.GradientsOfChosen(StepBatch.Build(Training.Tiny.Samples(4, 2), stage, tiny.Model.ImageTokens));
            Assert.That(
                gradients.Keys, Is.EquivalentTo(tiny.Encoder.Adapter.named_parameters().Select(p => $"encoder.adapter.{p.name}")),
                settings.Kind);
            foreach (var (name, gradient) in gradients)
            {
                // A bias of the keys moves all scores of a query alike, so its gradient is 0 up to rounding.
                if (!name.EndsWith(".key.bias", StringComparison.Ordinal)) Assert.That(gradient.Max(Math.Abs), Is.GreaterThan(1e-9), name);
            }
        }
    }
}
