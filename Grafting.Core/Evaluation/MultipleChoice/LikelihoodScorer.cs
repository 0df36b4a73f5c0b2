using Grafting.Core.Models;
using Grafting.Core.Running;
using static TorchSharp.torch;

namespace Grafting.Core.Evaluation.MultipleChoice;

/// <summary>How likely a model finds a continuation.</summary>
/// <param name="Sum">Log-likelihood of all its tokens together, nats.</param>
/// <param name="Greedy">Whether each of its tokens is the likeliest one at its place.</param>
public readonly record struct Likelihood(double Sum, bool Greedy);

/// <summary>
/// Log-likelihoods of continuations under a decoder, log-softmax in float32 whatever the decoder's type. Sequences of similar length are
/// read together, the longest first; those that differ in their last token alone (letters of one question) are read once.
/// </summary>
/// <param name="decoder">With its weights in memory.</param>
/// <param name="batchPositions">Positions in one forward pass; a longer sequence is read alone.</param>
// r rows, l columns, m judged tokens, w residual width, v vocabulary
public sealed class LikelihoodScorer(Decoder decoder, int batchPositions = 8192)
{
    /// <summary>Logits held at a time: 128 MB.</summary>
    const int LogitsAtOnce = 1 << 25;

    /// <summary>In the order of the requests.</summary>
    /// <param name="onDone">Receives the number of requests that are done.</param>
    /// <exception cref="GraftException">Numerics: a likelihood is not finite. Stopped: on request.</exception>
    public IReadOnlyList<Likelihood> Score(IReadOnlyList<LikelihoodRequest> requests, Action<int>? onDone = null, StopRequest? stop = null)
    {
        using var _ = no_grad();
        var likelihoods = new Likelihood[requests.Count];
        var done = 0;
        foreach (var rows in Batches(requests))
        {
            if (stop is { Requested: true }) throw stop.Stopped("An evaluation saves nothing.", "Run the command again.");
            using var scope = NewDisposeScope();
            var batch = LikelihoodBatch.Create(requests, rows);
            var (nats, hits) = Judge(batch);
            batch.Collect(nats, hits, likelihoods);
            done += rows.Sum(row => row.Count);
            onDone?.Invoke(done);
        }
        for (var i = 0; i < likelihoods.Length; i++)
        {
            if (double.IsFinite(likelihoods[i].Sum)) continue;
            throw Fault.Numerics(
                $"{requests[i].Place}: the log-likelihood of a choice is {likelihoods[i].Sum}.",
                "Try --dtype float32; else the weights are damaged.");
        }
        return likelihoods;
    }

    /// <returns>Negative log-likelihood of every judged token, and whether it is the likeliest.</returns>
    (float[] Nats, bool[] Hits) Judge(LikelihoodBatch batch)
    {
        long[] grid = [batch.Rows, batch.Length];
        var ids_rl = tensor(batch.Ids, grid, device: decoder.Device);
        var positions_rl = tensor(batch.Positions, grid, device: decoder.Device);
        // Padding stands behind the text, where causal attention never looks.
        var hidden_rlw = decoder.forward(decoder.embed(ids_rl), positions_rl, null);
        var places_m = tensor(batch.JudgedPlaces, device: decoder.Device);
        var chosen_mw = hidden_rlw.reshape(-1, hidden_rlw.shape[^1]).index_select(0, places_m);
        var judged = batch.JudgedIds;
        var (nats, hits) = (new float[judged.Length], new bool[judged.Length]);
        var step = Math.Max(1, LogitsAtOnce / decoder.Shape.Vocabulary);
        for (var start = 0; start < judged.Length; start += step)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(step, judged.Length - start);
            var logits_mv = decoder.head(chosen_mw.narrow(0, start, count)).to(ScalarType.Float32);
            var wanted_m = tensor(judged.AsSpan(start, count).ToArray(), device: decoder.Device);
            nn.functional.cross_entropy(
                logits_mv, wanted_m, reduction: nn.Reduction.None).cpu().data<float>().CopyTo(nats.AsSpan(start, count));
            var likeliest = logits_mv.argmax(-1).cpu().data<long>().ToArray();
            for (var i = 0; i < count; i++) hits[start + i] = likeliest[i] == judged[start + i];
        }
        return (nats, hits);
    }

    /// <summary>Requests by what the model reads for them, the longest first; equal ones share a row.</summary>
    static List<List<int>> Rows(IReadOnlyList<LikelihoodRequest> requests)
    {
        int[] order = [.. Enumerable.Range(0, requests.Count)];
        Array.Sort(order, (a, b) =>
        {
            var first = requests[a].Input;
            var second = requests[b].Input;
            if (first.Length != second.Length) return second.Length.CompareTo(first.Length);
            return first.SequenceCompareTo(second) is not 0 and var difference ? difference : a.CompareTo(b);
        });
        var rows = new List<List<int>>();
        foreach (var i in order)
        {
            if (rows.Count > 0 && requests[rows[^1][0]].Input.SequenceEqual(requests[i].Input)) rows[^1].Add(i);
            else rows.Add([i]);
        }
        return rows;
    }

    /// <summary>As many rows of falling length as fit.</summary>
    IEnumerable<List<List<int>>> Batches(IReadOnlyList<LikelihoodRequest> requests)
    {
        var rows = Rows(requests);
        for (var start = 0; start < rows.Count;)
        {
            var count = Math.Clamp(batchPositions / requests[rows[start][0]].Input.Length, 1, rows.Count - start);
            yield return rows.GetRange(start, count);
            start += count;
        }
    }
}
