using Grafting.Tests.Models;
using Grafting.Tests.Support;

namespace Grafting.Tests.Forward;

/// <summary><c>graft forward</c> on a LLaVA in both of its key layouts, against the numbers of transformers.</summary>
sealed class LlavaForwardTests : InScope
{
    // Fixtures README, section "LLaVA composite"; gradients relative to the largest.
    const double LogitTolerance = 2e-4;
    const double HiddenTolerance = 5e-5;
    const double ImageFeatureTolerance = 2e-5;
    const double GradientTolerance = 5e-5;
    const double LossTolerance = 1e-5;

    static readonly string[] Layouts = ["llava_classic", "llava_v5"];
    static readonly string[] Cases = ["full", "leftpad", "two_images"];

    [Test]
    public void Every_output_is_the_reference_one([ValueSource(nameof(Layouts))] string layout, [ValueSource(nameof(Cases))] string @case)
    {
        using var run = ForwardRun.Of(Model(layout), Inputs, "--prefix", $"{@case}.", "--hidden-states", "--gradients");
        using var expected = new Expected(Inputs);
        for (var i = 0; i <= 4; i++) Close($"hidden_states.{i}", HiddenTolerance);
        Close("vision_hidden_state.-2", HiddenTolerance);
        Close("image_features", ImageFeatureTolerance);
        Close("logits", LogitTolerance);
        Close("loss", LossTolerance);
        Compare.CloseRelative(
            run.Outputs.Floats("grad_pixel_values"), expected.Floats($"{@case}.grad_pixel_values"), GradientTolerance,
            "gradient of the pixels");

        void Close(string name, double tolerance) =>
            Compare.Close(run.Outputs.Floats(name), expected.Floats($"{@case}.{name}"), tolerance, name);
    }

    [Test]
    public void Every_part_has_its_gradients_under_its_checkpoint_names()
    {
        using var run = ForwardRun.Of(Model("llava_v5"), Inputs, "--prefix", "full.", "--gradients");
        using var expected = new Expected(Inputs);
        var named = expected.Names.Where(n => n.StartsWith("full.grad.", StringComparison.Ordinal)).ToArray();
        Assert.That(named, Has.Length.GreaterThan(5));
        foreach (var name in named)
            Compare.CloseRelative(run.Outputs.Floats(name["full.".Length..]), expected.Floats(name), GradientTolerance, name);
    }

    [Test]
    public void Pictures_and_padding_are_left_out_of_the_default_labels()
    {
        using var folder = new TempFolder();
        var inputs = folder.Some(Inputs, "leftpad.", "input_ids", "attention_mask", "pixel_values");
        using var run = ForwardRun.Of(Model("llava_classic"), inputs, "--gradients");
        using var expected = new Expected(Inputs);
        Compare.Close(run.Outputs.Floats("loss"), expected.Floats("leftpad.loss"), LossTolerance, "loss");
    }

    [Test]
    public void Words_alone_need_no_picture()
    {
        using var folder = new TempFolder();
        using var run = ForwardRun.Of(Model("llava_classic"), folder.Inputs(ForwardFiles.Whole("input_ids", [1, 3], 1, 2, 3)));
        Assert.That(run.Outputs.Names, Is.EquivalentTo(["logits", "last_hidden_state"]));
    }

    static string Model(string layout) => Shared.Fixture($"llava/{layout}");

    static string Inputs => Shared.Fixture("llava/expected.safetensors");
}
