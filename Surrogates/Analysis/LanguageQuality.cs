using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Evaluation;
using Grafting.Core.Models;
using Grafting.Core.Models.Streaming;
using Grafting.Core.Running;
using Grafting.Core.Text;
using static TorchSharp.torch;

namespace Grafting.Surrogates.Analysis;

/// <summary>How well a surrogate stands in for its target as a language model, each with its 95 % interval over passages.</summary>
/// <param name="TargetLoss">Nats per token.</param>
/// <param name="SurrogateLoss">Nats per token.</param>
/// <param name="LossDifference">Surrogate's loss − target's, on the same tokens.</param>
/// <param name="Divergence">KL(target ‖ surrogate), nats per token.</param>
/// <param name="Agreement">Share of tokens for which both find the same next token likeliest.</param>
public sealed record LanguageQuality(
    int Passages, long Tokens, Interval TargetLoss, Interval SurrogateLoss, Interval LossDifference, Interval Divergence, Interval Agreement)
{
    public JsonObject ToJson() => new()
    {
        ["passages"] = Passages,
        ["tokens"] = Tokens,
        ["targetLoss"] = ToJson(TargetLoss),
        ["surrogateLoss"] = ToJson(SurrogateLoss),
        ["lossDifference"] = ToJson(LossDifference),
        ["divergence"] = ToJson(Divergence),
        ["agreement"] = ToJson(Agreement),
    };

    static JsonObject ToJson(Interval interval) => new() { ["value"] = interval.Value, ["low"] = interval.Low, ["high"] = interval.High };
}

/// <summary>Has a target and its surrogate read the same text, each layer by layer, and compares every prediction.</summary>
// n rows (tokens), v vocabulary
public static class LanguageComparison
{
    /// <summary>Logits held at a time, several times over.</summary>
    const int LogitsAtOnce = 1 << 24;

    /// <param name="scratch">Folder for the states.</param>
    /// <param name="seed">Of the intervals.</param>
    public static LanguageQuality Run(
        string target, string surrogate, IReadOnlyList<Passage> passages, string scratch, Device device, ScalarType dtype, ulong seed,
        IProgress<ProgressReport>? progress = null, StopRequest? stop = null)
    {
        using var _ = no_grad();
        using var targetStream = LayerStream.Open(target, device, dtype);
        CpuThreads.Fit(targetStream.Shape, device);
        using var surrogateStream = LayerStream.Open(surrogate, device, dtype);
        var (of, by) = (new StatePass(targetStream, passages, scratch), new StatePass(surrogateStream, passages, scratch));
        of.Run(new HashSet<int> { targetStream.Shape.Layers }, "reading with the target", progress, stop);
        by.Run(new HashSet<int> { surrogateStream.Shape.Layers }, "reading with the surrogate", progress, stop);
        var tokens = new Tokens();
        using (var targetStates = of.Open(targetStream.Shape.Layers))
        using (var surrogateStates = by.Open(surrogateStream.Shape.Layers))
        {
            var atOnce = Math.Max(1, LogitsAtOnce / targetStream.Shape.Vocabulary);
            foreach (var batch in of.Batches)
            {
                // The last token of a passage has nothing to predict.
                var rows = batch.Passages.SelectMany(p => passages[p].Ids.Skip(1).Select(id => (Passage: p, Next: (long)id)).Append((p, -1))).ToArray();
                for (var start = 0; start < rows.Length; start += atOnce)
                {
                    var part = rows[start..Math.Min(start + atOnce, rows.Length)];
                    using var scope = NewDisposeScope();
                    tokens.Add(
                        part, passages,
                        Logs(targetStream.Ends, targetStates.Read(batch.FirstRow + start, part.Length)),
                        Logs(surrogateStream.Ends, surrogateStates.Read(batch.FirstRow + start, part.Length)));
                }
            }
        }
        of.Discard();
        by.Discard();
        return tokens.Quality(passages.Count, seed);
    }

    static Tensor Logs(Decoder ends, Tensor states_nw) => ends.head(ends.final_norm(states_nw)).to(ScalarType.Float32).log_softmax(-1);

    /// <summary>What was found at every token, and to which passage it belongs.</summary>
    sealed class Tokens
    {
        readonly List<double> _target = [], _surrogate = [], _divergence = [], _agreement = [];
        readonly List<string> _passages = [];

        public void Add((int Passage, long Next)[] rows, IReadOnlyList<Passage> passages, Tensor target_nv, Tensor surrogate_nv)
        {
            var next_n1 = tensor(Array.ConvertAll(rows, row => Math.Max(row.Next, 0)), [rows.Length, 1], device: target_nv.device);
            var columns = new[]
            {
                target_nv.gather(1, next_n1).squeeze(1).neg(),
                surrogate_nv.gather(1, next_n1).squeeze(1).neg(),
                target_nv.exp().mul(target_nv.sub(surrogate_nv)).sum(-1),
                target_nv.argmax(-1).eq(surrogate_nv.argmax(-1)).to(ScalarType.Float32),
            };
            var values = Array.ConvertAll(columns, column => column.cpu().data<float>().ToArray());
            List<double>[] lists = [_target, _surrogate, _divergence, _agreement];
            for (var i = 0; i < rows.Length; i++)
            {
                if (rows[i].Next < 0) continue;
                for (var c = 0; c < lists.Length; c++)
                {
                    if (!float.IsFinite(values[c][i]))
                        throw Fault.Numerics($"passage {Printable.Quote(passages[rows[i].Passage].Id)}: a loss is {values[c][i]}.", "Use --dtype float32.");
                    lists[c].Add(values[c][i]);
                }
                _passages.Add(FormattableString.Invariant($"{rows[i].Passage}"));
            }
        }

        public LanguageQuality Quality(int passages, ulong seed) => new(
            passages,
            _passages.Count,
            Bootstrap.Mean(_target, _passages, seed),
            Bootstrap.Mean(_surrogate, _passages, seed),
            Bootstrap.Difference(_surrogate, _target, _passages, seed),
            Bootstrap.Mean(_divergence, _passages, seed),
            Bootstrap.Mean(_agreement, _passages, seed));
    }
}
