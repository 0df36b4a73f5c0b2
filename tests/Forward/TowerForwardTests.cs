using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Models.Towers;
using Grafting.Core.Models.Towers.Dinov2;
using Grafting.Tests.Models;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.Forward;

/// <summary><c>graft forward</c> on vision towers, alone and inside full models, against the numbers of transformers.</summary>
sealed class TowerForwardTests : InScope
{
    // Fixtures README, table "Vision towers": hidden states, last hidden state, pooled output, gradient of the pixels.
    static readonly Dictionary<string, (double Hidden, double Last, double Pooled, double Pixels)> Tolerances = new()
    {
        ["clip_vision"] = (5e-5, 5e-5, 1e-5, 2e-5),
        ["clip_full"] = (5e-5, 5e-5, 1e-5, 2e-5),
        ["siglip_vision"] = (5e-5, 1e-5, 1e-5, 1e-5),
        ["siglip_full"] = (5e-5, 1e-5, 1e-5, 1e-5),
    };

    // Relative to the tensor's largest entry (fixtures README).
    const double ParameterGradientTolerance = 1e-4;

    // A sum of 2 000 products of size 1 at most: float32 rounds each partial sum of a size of 100 to 4e-6.
    const double LossTolerance = 1e-3;

    static readonly string[] Models = [.. Tolerances.Keys];

    [Test]
    public void Every_output_and_gradient_is_the_reference_one([ValueSource(nameof(Models))] string model)
    {
        using var folder = new TempFolder();
        var inputs = folder.Some(Inputs(model), "", "pixel_values", "loss_w_last", "loss_w_pooled");
        using var run = ForwardRun.Of(Model(model), inputs, "--hidden-states", "--gradients");
        using var expected = new Expected(Inputs(model));
        var (hidden, last, pooled, pixels) = Tolerances[model];
        for (var i = 0; i <= 6; i++) Close($"hidden_states.{i}", hidden);
        Close("last_hidden_state", last);
        Close("post_layernorm_all", last);
        Close("pooler_output", pooled);
        Close("grad_pixel_values", pixels);
        Close("loss", LossTolerance);
        foreach (var name in expected.Names.Where(n => n.StartsWith("grad.", StringComparison.Ordinal)))
            Compare.CloseRelative(run.Outputs.Floats(name), expected.Floats(name), ParameterGradientTolerance, name);

        void Close(string name, double tolerance) => Compare.Close(run.Outputs.Floats(name), expected.Floats(name), tolerance, name);
    }

    [Test]
    public void Pictures_of_another_size_are_taken_when_asked_for([ValueSource(nameof(Models))] string model)
    {
        using var run = ForwardRun.Of(Model(model), Inputs(model), "--prefix", "interp.", "--interpolate");
        using var expected = new Expected(Inputs(model));
        // The reference interpolates in float32 as well; what follows has the tolerances of a picture of the tower's own size.
        Compare.Close(
            run.Outputs.Floats("last_hidden_state"), expected.Floats("interp.last_hidden_state"), Tolerances[model].Hidden,
            "last_hidden_state");
        Compare.Close(
            run.Outputs.Floats("pooler_output"), expected.Floats("interp.pooler_output"), Tolerances[model].Hidden, "pooler_output");
    }

    [Test]
    public void Double_precision_gives_the_reference_in_double_precision([ValueSource(nameof(Models))] string model)
    {
        using var run = ForwardRun.Of(Model(model), Inputs(model), "--prefix", "", "--dtype", "float64");
        foreach (var name in new[] { "last_hidden_state", "pooler_output" })
        {
            var difference = DoubleFile.Read(run.Path, name).sub(DoubleFile.Read(Inputs(model), name + "_f64")).abs().max().item<double>();
            // Both are double throughout; sums of 256 terms leave about 1e-15 of values below 10.
            Assert.That(difference, Is.LessThanOrEqualTo(1e-12), name);
        }
    }

    [Test]
    public void The_newer_spelling_of_the_configuration_gives_the_same_bits([ValueSource(nameof(Models))] string model)
    {
        using var folder = new TempFolder();
        using var run = ForwardRun.Of(Model(model), Inputs(model), "--prefix", "");
        using var newer = ForwardRun.Of(folder.WithNewerConfig(Model(model)), Inputs(model), "--prefix", "");
        Assert.That(Compare.MaxDifference(newer.Outputs.Floats("pooler_output"), run.Outputs.Floats("pooler_output")), Is.Zero);
    }

    [Test]
    public void A_DINOv2_takes_pictures_of_any_size_and_gives_what_the_library_gives()
    {
        using var folder = new TempFolder();
        using var other = new TempFolder();
        var config = new Dinov2Config(Width: 12, Layers: 2, Heads: 3, ImageSize: 8, PatchSize: 4);
        using var tower = TowerFamilies.Create(config, new FeaturePath(), seed: 1, CPU, ScalarType.Float32);
        folder.Write("config.json", config.ToJson(ScalarType.Float32).ToJsonString());
        SafetensorsWriter.Write(folder["model.safetensors"], Weights.Sources(tower, tower.Keys));
        float[] pixels = [.. Enumerable.Range(0, 2 * 3 * 12 * 8).Select(i => MathF.Sin(i))];
        using var run = ForwardRun.Of(
            folder.Path, other.Inputs(TensorSource.FromFloats("pixel_values", [2, 3, 12, 8], pixels)), "--hidden-states");

        using var _ = no_grad();
        var whole = tower.forward_whole(tensor(pixels).view(2, 3, 12, 8), interpolate: true);
        Same("last_hidden_state", whole.LastHiddenState);
        Same("pooler_output", whole.Pooled!);
        foreach (var (i, state) in whole.HiddenStates.Index()) Same($"hidden_states.{i}", state);

        void Same(string name, Tensor expected) => Assert.That(Compare.MaxDifference(run.Outputs.Floats(name), expected), Is.Zero, name);
    }

    static string Model(string model) => Shared.Fixture($"vision/{model}");

    static string Inputs(string model) => Shared.Fixture($"vision/{model}/expected.safetensors");
}
