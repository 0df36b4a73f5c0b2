using Grafting.Core.Models;
using Grafting.Core.Models.Towers;
using Grafting.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.Models;

/// <summary>Against transformers' own numbers for tiny random CLIP towers, alone and inside a full CLIP.</summary>
[TestFixture]
sealed class ClipParityTests
{
    // Five times the reference's own float32 error against float64, rounded up: fixtures README, table "Vision towers".
    const double HiddenTolerance = 5e-5;
    const double PooledTolerance = 1e-5;
    const double PixelGradientTolerance = 2e-5;

    // Relative to the tensor's largest entry.
    const double ParameterGradientTolerance = 1e-4;

    static readonly string[] Models = ["clip_vision", "clip_full"];

    DisposeScope _scope = null!;

    [SetUp]
    public void OpenScope() => _scope = NewDisposeScope();

    [TearDown]
    public void CloseScope() => _scope.Dispose();

    [Test]
    public void Every_hidden_state_matches([ValueSource(nameof(Models))] string model)
    {
        using var tower = Load(model, new());
        using var expected = Open(model);
        var hidden = new List<Tensor>();
        var features = tower.forward(expected.Floats("pixel_values"), hidden);

        Assert.That(hidden, Has.Count.EqualTo(tower.Blocks.Count + 1));
        for (var i = 0; i < hidden.Count; i++) Compare.Close(hidden[i], expected.Floats($"hidden_states.{i}"), HiddenTolerance, $"hidden state {i}");
        Compare.Close(features, expected.Floats("post_layernorm_all"), HiddenTolerance, "normed features");
        Compare.Close(features.select(1, 0), expected.Floats("pooler_output"), PooledTolerance, "pooled");
    }

    [Test]
    public void A_feature_path_picks_layer_norm_and_class_token(
        [Values(-1, -2, 0, 3)] int layer, [Values] bool postNorm, [Values] bool keepClass)
    {
        using var tower = Load("clip_vision", new(layer, postNorm, keepClass));
        using var expected = Open("clip_vision");
        var features = tower.forward(expected.Floats("pixel_values"));

        var wanted = expected.Floats($"hidden_states.{(layer < 0 ? tower.Blocks.Count + 1 + layer : layer)}");
        if (postNorm)
        {
            using var whole = Load("clip_vision", new());
            wanted = ((Core.Models.Layers.LayerNorm)whole.PostNorm!).forward(wanted);
        }
        if (!keepClass) wanted = wanted.narrow(1, 1, wanted.shape[1] - 1);
        Assert.That(features.shape[1], Is.EqualTo(tower.Tokens));
        Compare.Close(features, wanted, HiddenTolerance, "features");
    }

    [Test]
    public void Gradients_match([ValueSource(nameof(Models))] string model)
    {
        using var tower = Load(model, new());
        using var expected = Open(model);
        var pixels = expected.Floats("pixel_values").requires_grad_();
        var hidden = new List<Tensor>();
        var pooled = tower.forward(pixels, hidden).select(1, 0);
        var loss = pooled.mul(expected.Floats("loss_w_pooled")).sum().add(hidden[^1].mul(expected.Floats("loss_w_last")).sum());
        loss.backward();

        Compare.Close(pixels.grad!, expected.Floats("grad_pixel_values"), PixelGradientTolerance, "gradient of the pixels");
        var named = expected.Names.Where(n => n.StartsWith("grad.", StringComparison.Ordinal)).ToArray();
        Assert.That(named, Is.Not.Empty);
        foreach (var name in named)
        {
            var parameter = Named.Parameter(tower, tower.Keys.ToOurs(name["grad.".Length..])!);
            Compare.CloseRelative(parameter.grad!, expected.Floats(name), ParameterGradientTolerance, name);
        }
    }

    static VisionTower Load(string model, FeaturePath path) =>
        TowerFamilies.Load(Shared.Fixture($"vision/{model}"), path, CPU, ScalarType.Float32);

    static Expected Open(string model) => new(Path.Combine(Shared.Fixture($"vision/{model}"), "expected.safetensors"));
}
