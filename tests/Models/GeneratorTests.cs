using Grafting.Core;
using Grafting.Core.Models;
using Grafting.Core.Models.Generation;
using Grafting.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.Models;

[TestFixture]
sealed class GeneratorTests
{
    static readonly int[][] Prompts = [[3, 9, 4, 1, 7], [5], [11, 2, 8]];

    DisposeScope _scope = null!;
    Decoder _model = null!;

    [SetUp]
    public void Open()
    {
        _scope = NewDisposeScope();
        _model = Tiny.Llama();
    }

    [TearDown]
    public void Close()
    {
        _model.Dispose();
        _scope.Dispose();
    }

    [Test]
    public void Cached_decoding_of_a_padded_batch_equals_uncached_decoding_of_each_row()
    {
        var together = Generate(Prompts, new(12, StopIds: []));
        for (var row = 0; row < Prompts.Length; row++)
            Assert.That(together[row].Ids, Is.EqualTo(Uncached(Prompts[row], 12)), $"row {row}");
    }

    [Test]
    public void A_chunk_after_the_cache_is_causal()
    {
        using var _ = no_grad();
        var ids = torch.tensor(new long[] { 3, 9, 4, 1, 7, 2 }).unsqueeze(0);
        var whole = _model.forward(_model.embed(ids), Tiny.Positions(1, 6), null);
        using var cache = new KeyValueCache(6);
        var parts = new List<Tensor>();
        foreach (var (start, length) in new[] { (0, 2), (2, 3), (5, 1) })
        {
            var x = _model.embed(ids.narrow(1, start, length));
            parts.Add(_model.forward(x, Tiny.Positions(1, 6).narrow(1, start, length), null, cache));
        }
        Compare.Close(torch.cat(parts, 1), whole, 1e-5, "hidden states");
    }

    [Test]
    public void A_full_cache_is_an_error_that_gives_its_size()
    {
        using var _ = no_grad();
        using var cache = new KeyValueCache(3);
        var x = torch.zeros(1, 4, Tiny.LlamaConfig.Shape.Width);
        var error = Assert.Throws<GraftException>(() => _model.forward(x, Tiny.Positions(1, 4), null, cache))!;
        Assert.That(error.Message, Does.Contain("3 positions"));
    }

    [Test]
    public void A_row_ends_at_its_stop_token_while_others_go_on()
    {
        var free = Generate(Prompts, new(12, StopIds: []));
        var stop = free[0].Ids[3];
        var got = Generate(Prompts, new(12, [stop]));
        for (var row = 0; row < Prompts.Length; row++)
        {
            var end = Array.IndexOf(free[row].Ids, stop);
            Assert.That(got[row].Stopped, Is.EqualTo(end >= 0));
            Assert.That(got[row].Ids, Is.EqualTo(end < 0 ? free[row].Ids : free[row].Ids[..end]));
        }
    }

    [Test]
    public void Sampling_is_repeatable_and_depends_on_the_seed()
    {
        var sampling = new Sampling(Temperature: 1, TopP: 0.9, Seed: 5);
        var first = Generate(Prompts, new(12, []), sampling);
        Assert.That(Generate(Prompts, new(12, []), sampling).Select(c => c.Ids), Is.EqualTo(first.Select(c => c.Ids)));
        Assert.That(
            Generate(Prompts, new(12, []), sampling with { Seed = 6 }).Select(c => c.Ids), Is.Not.EqualTo(first.Select(c => c.Ids)));
    }

    [Test]
    public void A_small_nucleus_is_greedy() =>
        Assert.That(
            Generate(Prompts, new(12, []), new(Temperature: 1, TopP: 1e-6)).Select(c => c.Ids),
            Is.EqualTo(Generate(Prompts, new(12, [])).Select(c => c.Ids)));

    [Test]
    public void Drawn_tokens_follow_their_probabilities()
    {
        float[] logits = [0, MathF.Log(2), MathF.Log(5), float.NegativeInfinity];
        var counts = new int[4];
        var random = new Core.Numerics.DeterministicRandom(1);
        for (var i = 0; i < 8000; i++) counts[new Sampling(1).Draw(logits, random)]++;
        // Standard deviation of a count is at most 43.
        Assert.That(counts, Is.EqualTo(new[] { 1000, 2000, 5000, 0 }).Within(200));
        Assert.That(counts[3], Is.Zero);
    }

    [Test]
    public void Logits_that_are_not_numbers_are_an_error()
    {
        var error = Assert.Throws<GraftException>(() => new Sampling(1).Draw([float.NaN, 0], new(1)))!;
        Assert.That(error.Kind, Is.EqualTo(ErrorKind.Numerics));
    }

    [Test]
    public void An_empty_prompt_is_refused() => Assert.Throws<GraftException>(() => PromptBatch.LeftPadded([[1], []], slot: -1));

    [Test]
    public void Pictures_stand_where_their_slots_were()
    {
        var images = torch.rand(3, Tiny.LlamaConfig.Shape.Width);
        var batch = PromptBatch.LeftPadded([[4, -1, -1, 5], [-1, 6]], slot: -1);
        var embeds = batch.Embed(_model, images);
        Assert.That(batch.Lengths, Is.EqualTo(new[] { 4, 2 }));
        Compare.Close(embeds[0].narrow(0, 1, 2), images.narrow(0, 0, 2), 0, "first row");
        Compare.Close(embeds[1].narrow(0, 2, 1), images.narrow(0, 2, 1), 0, "second row");
        Compare.Close(
            embeds[1].narrow(0, 3, 1), _model.embed(torch.tensor(new long[] { 6 }).unsqueeze(0)).squeeze(0), 0, "token after a picture");
    }

    [Test]
    public void Generation_leaves_no_tensor_behind()
    {
        Generate(Prompts, new(5, []));
        var before = LiveTensors.Count;
        using (NewDisposeScope()) Generate(Prompts, new(5, []));
        Assert.That(LiveTensors.Count, Is.EqualTo(before));
    }

    Continuation[] Generate(int[][] prompts, GenerationLimits limits, Sampling? sampling = null)
    {
        var batch = PromptBatch.LeftPadded(prompts, slot: -1);
        return new TextGenerator(_model).Generate(batch.Embed(_model), batch.Lengths, limits, sampling);
    }

    int[] Uncached(int[] prompt, int count)
    {
        using var _ = no_grad();
        var ids = prompt.ToList();
        for (var i = 0; i < count; i++)
        {
            var x = _model.embed(torch.tensor(ids.Select(id => (long)id).ToArray()).unsqueeze(0));
            var hidden = _model.forward(x, Tiny.Positions(1, ids.Count), null);
            ids.Add((int)_model.head(hidden.select(1, ids.Count - 1)).argmax(-1).item<long>());
        }
        return [.. ids.Skip(prompt.Length)];
    }
}
