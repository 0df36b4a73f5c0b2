using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Streaming;
using Grafting.Surrogates;
using Grafting.Surrogates.Translators;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.Surrogates;

/// <summary>
/// A surrogate of every family computes what the layers that it keeps compute in the target, whatever their number says about their kind.
/// </summary>
[TestFixture]
sealed class FamilySurrogateTests
{
    // Of the six layers, the third becomes the translator and the fourth goes; in Gemma that exchanges the layers with a window.
    static readonly CutRequest Cut = CutRequest.Replace(2, 3);
    static readonly int[] Kept = [0, 1, 2, 4, 5];

    static readonly string[] Families =
        ["llama_gqa", "llama3_tied", "llama_bias", "mistral_sw", "mistral_nemo", "qwen2", "qwen3", "gemma2", "gemma3_text"];

    [Test]
    public void A_surrogate_is_made_of_the_targets_own_layers([ValueSource(nameof(Families))] string family)
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var source = Shared.Fixture($"decoders/{family}");
        using (var checkpoint = Checkpoint.Open(source))
            SurrogateBuilder.Build(checkpoint, SurrogatePlan.Create(checkpoint, Cut), folder["surrogate"]);
        using var target = DecoderFamilies.Load(source, CPU, ScalarType.Float32);
        using var surrogate = DecoderFamilies.Load(folder["surrogate"], CPU, ScalarType.Float32);
        Assert.That(surrogate.Config, Is.EqualTo(target.Config.WithLayers(Kept)));

        // Longer than the fixtures' window of 8.
        var ids = arange(20, ScalarType.Int64).mul(7).remainder(target.Shape.Vocabulary).unsqueeze(0);
        var positions = arange(20, ScalarType.Int64).unsqueeze(0);
        var expected = target.embed(ids);
        foreach (var layer in Kept) expected = target.Layers[layer].forward(expected, positions);
        expected = target.final_norm(expected);

        var got = surrogate.forward(surrogate.embed(ids), positions, null);
        Assert.That(got.sub(expected).abs().max().item<float>(), Is.Zero);
    }

    [Test]
    public void A_layer_that_ends_in_a_norm_has_no_closed_form_translator()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var source = Shared.Fixture("decoders/gemma2");
        using var checkpoint = Checkpoint.Open(source);
        var plan = SurrogatePlan.Create(checkpoint, Cut, TranslatorStart.LeastSquares);
        using var stream = LayerStream.Open(source, CPU, ScalarType.Float32);
        using var set = TranslatorSet.Create(stream, plan);
        var states = new StatePass(stream, [], folder.Path);
        var error = Assert.Throws<GraftException>(() => LeastSquares.Solve(set, plan.Replaced, states))!;
        Assert.That(error.Message, Does.Contain("gemma2").And.Contain("least-squares"));
        Assert.That(error.Kind, Is.EqualTo(ErrorKind.Usage));
    }
}
