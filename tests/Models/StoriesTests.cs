using System.Text.Json;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Generation;
using Grafting.Core.Text;
using Grafting.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.Models;

/// <summary>A trained model of others, against an independent float64 implementation.</summary>
[TestFixture]
sealed class StoriesTests
{
    // float32 against float64; five layers, logits up to about 10.
    const double LogitTolerance = 1e-4;
    const double NllTolerance = 1e-4;

    static JsonElement Reference => JsonElement.Parse(File.ReadAllText(Shared.Real("models/stories260K_reference.json")));

    [Test]
    public void Logits_match()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var model = Load("stories260K");
        foreach (var entry in Reference.GetProperty("logits").EnumerateArray())
        {
            var ids = Ints(entry.GetProperty("ids"));
            var logits = Logits(model, ids).select(0, ids.Length - 1);
            var expected = entry.GetProperty("last_row").EnumerateArray().Select(v => v.GetDouble()).ToArray();
            Compare.Close(logits, torch.tensor(expected), LogitTolerance, "last row");
        }
    }

    [Test]
    public void Greedy_text_matches()
    {
        using var scope = NewDisposeScope();
        using var model = Load("stories260K");
        foreach (var entry in Reference.GetProperty("greedy").EnumerateArray())
        {
            var ids = Ints(entry.GetProperty("ids"));
            // The reference continues "Once upon a time" and the like; the first four tokens are prompt in all of them.
            var batch = PromptBatch.LeftPadded([ids[..4]], slot: -1);
            var got = new TextGenerator(model).Generate(batch.Embed(model), batch.Lengths, new(ids.Length - 4, StopIds: []));
            Assert.That(got[0].Ids, Is.EqualTo(ids[4..]));
        }
    }

    [Test]
    public void Perplexity_of_real_text_matches()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var model = Load("stories260K");
        var tokenizer = Tokenizer.Load(Shared.Real("models/stories260K"));
        foreach (var entry in Reference.GetProperty("nll").EnumerateArray())
        {
            var ids = tokenizer.Encode(entry.GetProperty("text").GetString()!);
            var targets = torch.tensor(ids[1..].Select(id => (long)id).ToArray());
            var nll = nn.functional.cross_entropy(Logits(model, ids[..^1]), targets).item<float>();
            Assert.That(nll, Is.EqualTo(entry.GetProperty("mean_nll").GetDouble()).Within(NllTolerance));
        }
    }

    [Test]
    public void Shards_in_bfloat16_give_the_same_model_up_to_rounding()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var whole = Load("stories260K");
        using var shards = Load("stories260K-bf16-3shards");
        var ids = Ints(Reference.GetProperty("logits")[0].GetProperty("ids"));
        // bfloat16 keeps 8 bits; logits reach about 10.
        Compare.Close(Logits(shards, ids), Logits(whole, ids), 0.3, "logits");
    }

    static Decoder Load(string name) => DecoderFamilies.Load(Shared.Real("models/" + name), CPU, ScalarType.Float32);

    static Tensor Logits(Decoder model, int[] ids)
    {
        var x = model.embed(torch.tensor(ids.Select(id => (long)id).ToArray()).unsqueeze(0));
        var positions = torch.arange(ids.Length, ScalarType.Int64).unsqueeze(0);
        return model.head(model.forward(x, positions, null).squeeze(0));
    }

    static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetInt32())];
}
