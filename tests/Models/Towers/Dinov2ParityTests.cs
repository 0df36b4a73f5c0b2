using Grafting.Core.Checkpoints;
using Grafting.Core.Models.Towers;
using Grafting.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.Models.Towers;

/// <summary>
/// DINOv2 against plain loops over doubles: values in both precisions, and gradients as differences. There are no numbers of others for
/// this family; the loops are held against those that there are for SigLIP.
/// </summary>
[TestFixture]
sealed class Dinov2ParityTests : InScope
{
    // Numbers near 1, summed in two orders at 1e-16 each.
    const double DoubleTolerance = 1e-12;

    // The same at 6e-8 each: what the fixtures' README measures for towers of this depth, times five.
    const double FloatTolerance = 5e-5;

    // Of central differences: the step squared, 1e-10, times third derivatives, and rounding of 1e-16 over the step.
    const double Step = 1e-5;
    const double DifferenceTolerance = 1e-7;

    static readonly (bool Gated, int? Registers, bool QkvBias)[] Kinds =
    [
        (false, null, true), (true, null, true), (false, 4, true), (true, 2, false), (false, 0, true),
    ];

    // The size of the position table, one that is larger and no square, one that is smaller in one direction.
    static readonly (int Height, int Width)[] Sizes = [(12, 12), (20, 16), (8, 24)];

    [Test]
    public void The_loops_give_the_float64_numbers_of_SigLIP()
    {
        var folder = Shared.Fixture("vision/siglip_vision");
        using var checkpoint = Checkpoint.Open(folder);
        using var expected = new Expected(Path.Combine(folder, "expected.safetensors"));
        var tensors = checkpoint.Tensors.Values.ToDictionary(
            t => AsDinov2(t.Entry.Name), t => Array.ConvertAll(t.File.ReadFloats(t.Entry.Name), value => (double)value),
            StringComparer.Ordinal);
        var tower = new DoubleTower(new(64, 4, 6, Patch: 7, Side: 4, ClassToken: false, TanhGelu: true), tensors);
        var pixels = expected.Floats("pixel_values").to(ScalarType.Float64);
        for (var picture = 0; picture < 2; picture++)
        {
            var last = tower.Run(pixels[picture].data<double>().ToArray(), 28, 28).Last;
            Compare.Close(Rows(last), expected.Doubles("last_hidden_state_f64")[picture], DoubleTolerance, $"picture {picture}");
        }
        var wide = tower.Run(expected.Floats("interp.pixel_values").to(ScalarType.Float64).data<double>().ToArray(), 42, 49).Last;
        Compare.Close(Rows(wide), expected.Floats("interp.last_hidden_state")[0], FloatTolerance, "resampled positions");
    }

    [Test]
    public void Hidden_states_and_outputs_are_those_of_the_loops(
        [ValueSource(nameof(Kinds))] (bool Gated, int? Registers, bool QkvBias) kind,
        [ValueSource(nameof(Sizes))] (int Height, int Width) size)
    {
        using var files = new Dinov2Files(kind.Gated, kind.Registers, kind.QkvBias);
        var pixels = Pixels(2, size);
        foreach (var (dtype, tolerance) in new[] { (ScalarType.Float64, DoubleTolerance), (ScalarType.Float32, FloatTolerance) })
        {
            using var tower = TowerFamilies.LoadWhole(files.Folder, CPU, dtype);
            var outputs = tower.forward_whole(pixels.to(dtype), interpolate: true);
            for (var picture = 0; picture < 2; picture++)
            {
                var (states, last) = files.Reference().Run(pixels[picture].contiguous().data<double>().ToArray(), size.Height, size.Width);
                for (var i = 0; i < states.Length; i++)
                    Compare.Close(outputs.HiddenStates[i][picture], Rows(states[i]), tolerance, $"{dtype}, hidden state {i}");
                Compare.Close(outputs.LastHiddenState[picture], Rows(last), tolerance, $"{dtype}, last hidden state");
                Compare.Close(outputs.Pooled![picture], Rows([last[0]])[0], tolerance, $"{dtype}, pooled");
            }
        }
    }

    [Test]
    public void Gradients_are_the_differences_of_the_loops([ValueSource(nameof(Kinds))] (bool Gated, int? Registers, bool QkvBias) kind)
    {
        var size = Sizes[1];
        using var files = new Dinov2Files(kind.Gated, kind.Registers, kind.QkvBias);
        using var tower = TowerFamilies.LoadWhole(files.Folder, CPU, ScalarType.Float64);
        var pixels = Pixels(1, size).requires_grad_();
        var last = tower.forward_whole(pixels, interpolate: true).LastHiddenState;
        var random = new Random(11);
        var weights = Direction(random, (int)last.NumberOfElements);
        last.mul(torch.tensor(weights).view(last.shape)).sum().backward();

        var values = pixels.detach().data<double>().ToArray();
        double Loss(IReadOnlyDictionary<string, double[]> tensors, double[] picture) =>
            files.Reference(tensors).Run(picture, size.Height, size.Width).Last.SelectMany(row => row).Zip(weights, (v, w) => v * w).Sum();

        var way = Direction(random, values.Length);
        var difference = (Loss(files.Tensors, Along(values, way, Step)) - Loss(files.Tensors, Along(values, way, -Step))) / (2 * Step);
        Assert.That(
            Product(pixels.grad!, way), Is.EqualTo(difference).Within(DifferenceTolerance * Math.Max(1, Math.Abs(difference))), "pixels");

        Assert.That(tower.named_parameters().Select(p => tower.Keys.ToTheirs(p.name)), Is.EquivalentTo(files.Tensors.Keys));
        foreach (var (name, parameter) in tower.named_parameters())
        {
            var theirs = tower.Keys.ToTheirs(name)!;
            var direction = Direction(random, files.Tensors[theirs].Length);
            var up = Loss(With(files.Tensors, theirs, direction, Step), values);
            var down = Loss(With(files.Tensors, theirs, direction, -Step), values);
            difference = (up - down) / (2 * Step);
            Assert.That(
                Product(parameter.grad!, direction), Is.EqualTo(difference).Within(DifferenceTolerance * Math.Max(1, Math.Abs(difference))),
                name);
        }
    }

    [Test]
    public void Registers_never_leave_the_tower_and_the_class_token_on_request([Values(null, 3)] int? registers, [Values] bool keepClass)
    {
        using var files = new Dinov2Files(registers: registers);
        using var tower = TowerFamilies.Load(files.Folder, new(KeepClass: keepClass), CPU, ScalarType.Float64);
        using var whole = TowerFamilies.LoadWhole(files.Folder, CPU, ScalarType.Float64);
        var pixels = Pixels(2, Sizes[0]);
        var (features, last) = (tower.forward(pixels), whole.forward_whole(pixels).LastHiddenState);
        Assert.That(features.shape, Is.EqualTo(new long[] { 2, 9 + (keepClass ? 1 : 0), Dinov2Files.Width }));
        Assert.That(tower.Tokens, Is.EqualTo(features.shape[1]));
        Compare.Close(features.narrow(1, keepClass ? 1 : 0, 9), last.narrow(1, 1 + (registers ?? 0), 9), DoubleTolerance, "patches");
        if (keepClass) Compare.Close(features.select(1, 0), last.select(1, 0), DoubleTolerance, "class token");
    }

    [Test]
    public void A_classifier_s_tower_and_one_inside_a_LLaVA_are_found(
        [Values("dinov2.", "vision_tower.", "model.vision_tower.")] string prefix)
    {
        using var plain = new Dinov2Files();
        using var inside = new Dinov2Files(prefix: prefix, classifier: prefix == "dinov2.");
        using var a = TowerFamilies.LoadWhole(plain.Folder, CPU, ScalarType.Float32);
        using var b = TowerFamilies.LoadWhole(inside.Folder, CPU, ScalarType.Float32);
        foreach (var (name, parameter) in a.named_parameters()) Compare.Close(Named.Parameter(b, name), parameter, 0, name);
    }

    [Test]
    public void A_step_leaves_no_tensor_behind()
    {
        using var files = new Dinov2Files(registers: 2);
        using var tower = TowerFamilies.LoadWhole(files.Folder, CPU, ScalarType.Float32);
        Run();
        var before = LiveTensors.Count;
        Run();
        Assert.That(LiveTensors.Count, Is.EqualTo(before));

        void Run()
        {
            using var scope = NewDisposeScope();
            var outputs = tower.forward_whole(torch.rand(1, 3, 20, 16), interpolate: true);
            outputs.Pooled!.sum().add(tower.forward(torch.rand(1, 3, 12, 12)).sum()).backward();
        }
    }

    static string AsDinov2(string siglip) => siglip
        .Replace("vision_model.", "", StringComparison.Ordinal)
        .Replace("encoder.layers.", "encoder.layer.", StringComparison.Ordinal)
        .Replace("layer_norm", "norm", StringComparison.Ordinal)
        .Replace("self_attn.q_proj", "attention.attention.query", StringComparison.Ordinal)
        .Replace("self_attn.k_proj", "attention.attention.key", StringComparison.Ordinal)
        .Replace("self_attn.v_proj", "attention.attention.value", StringComparison.Ordinal)
        .Replace("self_attn.out_proj", "attention.output.dense", StringComparison.Ordinal)
        .Replace("embeddings.patch_embedding.", "embeddings.patch_embeddings.projection.", StringComparison.Ordinal)
        .Replace("embeddings.position_embedding.weight", "embeddings.position_embeddings", StringComparison.Ordinal)
        .Replace("post_layernorm", "layernorm", StringComparison.Ordinal);

    static Tensor Pixels(int pictures, (int Height, int Width) size)
    {
        var random = new Random(7);
        return torch.tensor(Direction(random, pictures * 3 * size.Height * size.Width)).view(pictures, 3, size.Height, size.Width);
    }

    static Tensor Rows(double[][] rows) => torch.tensor(rows.SelectMany(row => row).ToArray()).view(rows.Length, -1);

    static double[] Direction(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => Dinov2Files.Gaussian(random))];

    static double[] Along(double[] values, double[] way, double step) => [.. values.Zip(way, (v, d) => v + (step * d))];

    static Dictionary<string, double[]> With(Dictionary<string, double[]> tensors, string name, double[] way, double step) =>
        new(tensors, StringComparer.Ordinal) { [name] = Along(tensors[name], way, step) };

    // TorchSharp cannot read a tensor without elements, such as the registers of a tower with none.
    static double Product(Tensor gradient, double[] way) =>
        way.Length == 0 ? 0 : gradient.contiguous().data<double>().ToArray().Zip(way, (g, d) => g * d).Sum();
}
