using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Evaluation.MultipleChoice;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Numerics;
using Grafting.Core.Running;
using Grafting.Core.Text;
using Grafting.Tests.Models;
using Grafting.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.Evaluation.MultipleChoice;

public class LikelihoodScorerTests
{
    // float32 sums in another order; a token costs up to about 10 nats.
    const double Tolerance = 1e-4;

    const int Vocabulary = 30;

    [Test]
    public void A_trained_model_gives_the_likelihood_that_float64_gives()
    {
        using var model = DecoderFamilies.Load(Shared.Real("models/stories260K"), CPU, ScalarType.Float32);
        var tokenizer = Tokenizer.Load(Shared.Real("models/stories260K"));
        var encoder = new ContinuationEncoder(tokenizer, model.Shape.MaxPositions, model.Shape.Vocabulary);
        var texts = JsonElement.Parse(
            File.ReadAllText(Shared.Real("models/stories260K_reference.json"))).GetProperty("nll").EnumerateArray().ToList();
        // Nothing before the text: the begin token opens, as in the reference.
        LikelihoodRequest[] requests = [.. texts.Select(text => encoder.Encode("", text.GetProperty("text").GetString()!, "story"))];
        var likelihoods = new LikelihoodScorer(model).Score(requests);
        Assert.Multiple(() =>
        {
            for (var i = 0; i < texts.Count; i++)
            {
                var expected = -texts[i].GetProperty("mean_nll").GetDouble() * requests[i].Judged;
                Assert.That(likelihoods[i].Sum, Is.EqualTo(expected).Within(1e-3), $"text {i}, {requests[i].Judged} tokens");
            }
        });
    }

    [Test]
    public void The_parts_of_a_text_add_up_to_the_whole()
    {
        using var model = Tiny.Llama();
        int[] ids = [3, 9, 27, 21, 4, 8];
        var whole = Sums(model, [new(ids, 5, "")]).Single();
        var parts = Sums(model, [.. Enumerable.Range(2, 5).Select(length => new LikelihoodRequest(ids[..length], 1, ""))]);
        Assert.That(parts.Sum(), Is.EqualTo(whole).Within(Tolerance));
    }

    [Test]
    public void All_next_tokens_together_are_certain_and_one_is_the_greedy_one()
    {
        using var model = Tiny.Llama();
        LikelihoodRequest[] requests = [.. Enumerable.Range(0, Vocabulary).Select(next => new LikelihoodRequest([5, 11, 2, next], 1, ""))];
        var likelihoods = new LikelihoodScorer(model).Score(requests);
        Assert.Multiple(() =>
        {
            Assert.That(likelihoods.Sum(likelihood => Math.Exp(likelihood.Sum)), Is.EqualTo(1).Within(1e-5));
            Assert.That(likelihoods.Count(likelihood => likelihood.Greedy), Is.EqualTo(1));
            Assert.That(likelihoods.MaxBy(likelihood => likelihood.Sum).Greedy, Is.True);
        });
    }

    [Test]
    public void A_continuation_is_greedy_where_each_of_its_tokens_is()
    {
        using var model = Tiny.Llama();
        List<int> ids = [7, 1];
        for (var step = 0; step < 3; step++)
        {
            var next = new LikelihoodScorer(model).Score(
                [.. Enumerable.Range(0, Vocabulary).Select(id => new LikelihoodRequest([.. ids, id], 1, ""))]);
            ids.Add(next.ToList().FindIndex(likelihood => likelihood.Greedy));
        }
        int[] greedy = [.. ids], other = [.. ids[..3], (ids[3] + 1) % Vocabulary, ids[4]];
        var judged = new LikelihoodScorer(model).Score([new(greedy, 3, ""), new(other, 3, "")]);
        Assert.That(judged.Select(likelihood => likelihood.Greedy), Is.EqualTo(new[] { true, false }));
    }

    [TestCase(1)]
    [TestCase(20)]
    [TestCase(8192)]
    public void What_is_read_together_does_not_matter(int batchPositions)
    {
        using var model = Tiny.Llama();
        var requests = Requests(60);
        var done = new List<int>();
        var sums = new LikelihoodScorer(model, batchPositions).Score(requests, done.Add).Select(likelihood => likelihood.Sum).ToList();
        Assert.Multiple(() =>
        {
            for (var i = 0; i < requests.Length; i++)
                Assert.That(sums[i], Is.EqualTo(Alone(model, requests[i])).Within(Tolerance), $"request {i}");
            Assert.That(done, Is.Ordered.And.Unique);
            Assert.That(done[^1], Is.EqualTo(60));
        });
    }

    [Test]
    public void A_likelihood_that_is_no_number_is_named()
    {
        using var model = Tiny.Llama();
        using (no_grad()) model.parameters().First().fill_(double.NaN);
        var fault = Assert.Throws<GraftException>(() => Sums(model, [new([1, 2], 1, "f: line 8")]))!;
        Assert.That((fault.Kind, fault.Message), Is.EqualTo((ErrorKind.Numerics, "f: line 8: the log-likelihood of a choice is NaN.")));
    }

    [Test]
    public void A_request_to_stop_is_followed()
    {
        using var model = Tiny.Llama();
        using var stop = new StopRequest();
        stop.Request("test");
        Assert.That(
            Assert.Throws<GraftException>(() => new LikelihoodScorer(model).Score(Requests(3), null, stop))!.Kind,
            Is.EqualTo(ErrorKind.Stopped));
    }

    static double[] Sums(Decoder model, LikelihoodRequest[] requests) =>
        [.. new LikelihoodScorer(model).Score(requests).Select(likelihood => likelihood.Sum)];

    /// <summary>Sequences of many lengths, some of which share all but their last token.</summary>
    static LikelihoodRequest[] Requests(int count)
    {
        var random = new DeterministicRandom(4);
        var requests = new LikelihoodRequest[count];
        for (var i = 0; i < count; i++)
        {
            int[] ids = i % 4 == 3
                ? [.. requests[i - 1].Input, random.NextInt(Vocabulary)]
                : [.. Enumerable.Range(0, random.NextInt(2, 30)).Select(_ => random.NextInt(Vocabulary))];
            requests[i] = new LikelihoodRequest(ids, random.NextInt(1, ids.Length - 1), $"request {i}");
        }
        return requests;
    }

    /// <summary>The same by the definition: one text at a time, softmax in double precision.</summary>
    static double Alone(Decoder model, LikelihoodRequest request)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var input = torch.tensor(request.Input.ToArray().Select(id => (long)id).ToArray()).unsqueeze(0);
        var logits = model.head(
            model.forward(model.embed(input), Tiny.Positions(1, input.shape[1]), null).squeeze(0)).data<float>().ToArray();
        var sum = 0.0;
        for (var i = request.Ids.Length - request.Judged; i < request.Ids.Length; i++)
        {
            var row = logits.AsSpan((i - 1) * Vocabulary, Vocabulary).ToArray();
            var largest = row.Max();
            sum += row[request.Ids[i]] - largest - Math.Log(row.Sum(value => Math.Exp((double)value - largest)));
        }
        return sum;
    }
}
