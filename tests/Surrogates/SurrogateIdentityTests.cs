using Grafting.Core.Checkpoints;
using Grafting.Core.Models.Decoders;
using Grafting.Surrogates;
using Grafting.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.Surrogates;

/// <summary>What the whole method stands on: an encoder that speaks to the surrogate's front speaks to the target's.</summary>
[TestFixture]
sealed class SurrogateIdentityTests
{
    [TestCase("stories260K")]
    [TestCase("stories260K-bf16-3shards")]
    public void Hidden_states_in_front_of_the_range_are_those_of_the_target_bit_for_bit(string model)
    {
        using var folder = new TempFolder();
        var target = Shared.Real($"models/{model}");
        using (var checkpoint = Checkpoint.Open(target))
            SurrogateBuilder.Build(checkpoint, SurrogatePlan.Create(checkpoint, CutRequest.Layers(4)), folder["surrogate"]);

        var expected = HiddenStates(target);
        var states = HiddenStates(folder["surrogate"]);
        Assert.Multiple(() =>
        {
            Assert.That(states, Has.Count.EqualTo(4 + 2));
            // Embeddings, the two inherited layers, and the translator, which starts as a copy of the third.
            for (var i = 0; i < 4; i++) Assert.That(states[i], Is.EqualTo(expected[i]), $"state {i}");
            Assert.That(states[4], Is.Not.EqualTo(expected[4]), "the last layer sees another input");
        });
    }

    static List<byte[]> HiddenStates(string folder)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var decoder = DecoderFamilies.Load(folder, CPU, ScalarType.Float32);
        var ids = torch.tensor(new long[] { 1, 403, 407, 261, 378, 17 }).unsqueeze(0);
        var positions = torch.arange(6, ScalarType.Int64).unsqueeze(0);
        var states = new List<Tensor>();
        decoder.forward(decoder.embed(ids), positions, null, hiddenStates: states);
        return [.. states.Select(state => state.contiguous().bytes.ToArray())];
    }
}
