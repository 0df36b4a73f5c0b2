using System.Text.Json;
using Grafting.Core.Models;
using Grafting.Core.Models.Towers;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.Models.Towers;

/// <summary>Against transformers' own numbers for tiny random CLIP and SigLIP towers, alone and inside the full models.</summary>
[TestFixture]
sealed class TowerParityTests : InScope
{
    // Five times the reference's own float32 error against float64, rounded up: fixtures README, table "Vision towers".
    const double HiddenTolerance = 5e-5;
    const double PooledTolerance = 1e-5;
    const double ClipPixelGradientTolerance = 2e-5;
    const double SiglipPixelGradientTolerance = 1e-5;

    // Relative to the tensor's largest entry.
    const double ParameterGradientTolerance = 1e-4;

    // Values up to 10 after six blocks of sums in another order, at 1e-16 each.
    const double DoubleTolerance = 1e-12;

    // A sum of some thousand products.
    const double LossTolerance = 1e-4;

    static readonly string[] Models = ["clip_vision", "clip_full", "siglip_vision", "siglip_full"];

    [Test]
    public void Every_hidden_state_and_both_outputs_match([ValueSource(nameof(Models))] string model)
    {
        using var tower = LoadWhole(model);
        using var expected = Open(model);
        var outputs = tower.forward_whole(expected.Floats("pixel_values"));

        Assert.That(outputs.HiddenStates, Has.Count.EqualTo(tower.Blocks.Count + 1));
        for (var i = 0; i < outputs.HiddenStates.Count; i++)
            Compare.Close(outputs.HiddenStates[i], expected.Floats($"hidden_states.{i}"), HiddenTolerance, $"hidden state {i}");
        Compare.Close(outputs.LastHiddenState, expected.Floats("last_hidden_state"), LastTolerance(model), "last hidden state");
        Compare.Close(outputs.Pooled!, expected.Floats("pooler_output"), PooledTolerance, "pooled");
        Compare.Close(tower.pool(outputs.LastHiddenState)!, outputs.Pooled!, 0, "pooled alone");
    }

    [Test]
    public void The_default_path_gives_all_tokens_behind_the_last_norm([ValueSource(nameof(Models))] string model)
    {
        using var tower = Load(model, new(KeepClass: IsClip(model)));
        using var expected = Open(model);
        var hidden = new List<Tensor>();
        var features = tower.forward(expected.Floats("pixel_values"), hidden);

        Assert.That(hidden, Has.Count.EqualTo(tower.Blocks.Count + 1));
        Assert.That(features.shape[1], Is.EqualTo(tower.Tokens));
        Compare.Close(features, expected.Floats("post_layernorm_all"), LastTolerance(model), "normed features");
    }

    [Test]
    public void In_float64_the_outputs_are_those_of_the_float64_reference([ValueSource(nameof(Models))] string model)
    {
        using var tower = TowerFamilies.LoadWhole(Folder(model), CPU, ScalarType.Float64);
        using var expected = Open(model);
        var outputs = tower.forward_whole(expected.Floats("pixel_values").to(ScalarType.Float64));
        Compare.Close(outputs.LastHiddenState, expected.Doubles("last_hidden_state_f64"), DoubleTolerance, "last hidden state");
        Compare.Close(outputs.Pooled!, expected.Doubles("pooler_output_f64"), DoubleTolerance, "pooled");
    }

    [Test]
    public void A_larger_picture_that_is_no_square_gets_resampled_positions([ValueSource(nameof(Models))] string model)
    {
        using var tower = LoadWhole(model);
        using var expected = Open(model);
        var pixels = expected.Floats("interp.pixel_values");
        Assert.That(
            () => tower.forward_whole(pixels),
            Throws.ArgumentException.With.Message.Contains("[1, 3, 42, 49]").And.Message.Contains("28, 28"));

        var outputs = tower.forward_whole(pixels, interpolate: true);
        Compare.Close(outputs.LastHiddenState, expected.Floats("interp.last_hidden_state"), HiddenTolerance, "last hidden state");
        Compare.Close(outputs.Pooled!, expected.Floats("interp.pooler_output"), PooledTolerance, "pooled");
    }

    [Test]
    public void Both_spellings_of_the_configuration_say_the_same([ValueSource(nameof(Models))] string model)
    {
        VisionTowerConfig Read(string file) =>
            TowerFamilies.ReadConfig(JsonElement.Parse(File.ReadAllText(Path.Combine(Folder(model), file))), file);
        Assert.That(Read("config_v5.json"), Is.EqualTo(Read("config.json")));
    }

    [Test]
    public void A_feature_path_picks_layer_norm_and_class_token(
        [Values("clip_vision, class token", "clip_vision", "siglip_vision")] string kept, [Values(-1, -2, 0, 3)] int layer,
        [Values] bool postNorm)
    {
        var (model, keepClass) = (kept.Split(',')[0], kept.Contains("class", StringComparison.Ordinal));
        using var tower = Load(model, new(layer, postNorm, keepClass));
        using var expected = Open(model);
        var features = tower.forward(expected.Floats("pixel_values"));

        var wanted = expected.Floats($"hidden_states.{(layer < 0 ? tower.Blocks.Count + 1 + layer : layer)}");
        if (postNorm)
        {
            using var whole = LoadWhole(model);
            wanted = ((Core.Models.Layers.LayerNorm)whole.PostNorm!).forward(wanted);
        }
        if (IsClip(model) && !keepClass) wanted = wanted.narrow(1, 1, wanted.shape[1] - 1);
        Assert.That(features.shape[1], Is.EqualTo(tower.Tokens));
        Compare.Close(features, wanted, HiddenTolerance, "features");
    }

    [Test]
    public void Loss_and_gradients_match([ValueSource(nameof(Models))] string model)
    {
        using var tower = LoadWhole(model);
        using var expected = Open(model);
        var pixels = expected.Floats("pixel_values").requires_grad_();
        var outputs = tower.forward_whole(pixels);
        var loss = outputs.Pooled!.mul(expected.Floats("loss_w_pooled")).sum()
            .add(outputs.LastHiddenState.mul(expected.Floats("loss_w_last")).sum());
        loss.backward();

        Compare.Close(loss, expected.Floats("loss"), LossTolerance, "loss");
        Compare.Close(
            pixels.grad!, expected.Floats("grad_pixel_values"), IsClip(model) ? ClipPixelGradientTolerance : SiglipPixelGradientTolerance,
            "gradient of the pixels");
        var named = expected.Names.Where(n => n.StartsWith("grad.", StringComparison.Ordinal)).ToArray();
        Assert.That(named, Is.Not.Empty);
        foreach (var name in named)
        {
            var parameter = Named.Parameter(tower, tower.Keys.ToOurs(name["grad.".Length..])!);
            Compare.CloseRelative(parameter.grad!, expected.Floats(name), ParameterGradientTolerance, name);
        }
    }

    [Test]
    public void The_tower_of_a_LLaVA_gives_its_hidden_states_in_both_layouts([Values("llava_classic", "llava_v5")] string layout)
    {
        using var tower = TowerFamilies.Load(Shared.Fixture($"llava/{layout}"), new(-2, PostNorm: false), CPU, ScalarType.Float32);
        using var expected = new Expected(Path.Combine(Shared.Fixture("llava"), "expected.safetensors"));
        Compare.Close(
            tower.forward(expected.Floats("full.pixel_values")), expected.Floats("full.vision_hidden_state.-2"), HiddenTolerance,
            "features");
    }

    static bool IsClip(string model) => model.StartsWith("clip", StringComparison.Ordinal);

    static double LastTolerance(string model) => IsClip(model) ? HiddenTolerance : 1e-5;

    static VisionTower Load(string model, FeaturePath path) => TowerFamilies.Load(Folder(model), path, CPU, ScalarType.Float32);

    static VisionTower LoadWhole(string model) => TowerFamilies.LoadWhole(Folder(model), CPU, ScalarType.Float32);

    static string Folder(string model) => Shared.Fixture($"vision/{model}");

    static Expected Open(string model) => new(Path.Combine(Folder(model), "expected.safetensors"));
}
