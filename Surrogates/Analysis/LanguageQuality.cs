using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Evaluation;
using Grafting.Core.Models;
using Grafting.Core.Models.Streaming;
using Grafting.Core.Running;
using Grafting.Core.Text;
using static TorchSharp.torch;

namespace Grafting.Surrogates.Analysis;

/// <summary>How well a surrogate stands in for its target as a language model, each measure with its 95 % interval over passages.</summary>
/// <param name="Tokens">Predictions that were compared.</param>
/// <param name="TargetLoss">Nats per token.</param>
/// <param name="SurrogateLoss">Nats per token.</param>
/// <param name="LossDifference">Surrogate's loss − target's, on the same tokens.</param>
/// <param name="Divergence">KL(target ‖ surrogate), nats per token.</param>
/// <param name="Agreement">Share of tokens for which both find the same next token likeliest.</param>
public sealed record LanguageScore(
    long Tokens, Interval TargetLoss, Interval SurrogateLoss, Interval LossDifference, Interval Divergence, Interval Agreement)
{
    public JsonObject ToJson() => new()
    {
        ["tokens"] = Tokens,
        ["targetLoss"] = ToJson(TargetLoss),
        ["surrogateLoss"] = ToJson(SurrogateLoss),
        ["lossDifference"] = ToJson(LossDifference),
        ["divergence"] = ToJson(Divergence),
        ["agreement"] = ToJson(Agreement),
    };

    static JsonObject ToJson(Interval interval) => new() { ["value"] = interval.Value, ["low"] = interval.Low, ["high"] = interval.High };
}

/// <param name="All">Over every token.</param>
/// <param name="Answers">
/// Over the answers of conversations and their ends alone, which is all that most models of conversations were trained to predict; null
/// where the text has none.
/// </param>
public sealed record LanguageQuality(int Passages, LanguageScore All, LanguageScore? Answers)
{
    public JsonObject ToJson() => new() { ["passages"] = Passages, ["all"] = All.ToJson(), ["answers"] = Answers?.ToJson() };
}

/// <summary>Has a target and its surrogate read the same text, each layer by layer, and compares every prediction.</summary>
// n rows (tokens), v vocabulary
public static class LanguageComparison
{
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
        var (all, answers) = (new Tokens(), new Tokens());
        using (var targetStates = of.Open(targetStream.Shape.Layers))
        using (var surrogateStates = by.Open(surrogateStream.Shape.Layers))
        {
            var atOnce = targetStream.RowsAtOnce;
            foreach (var batch in of.Batches)
            {
                // The last token of a passage has nothing to predict.
                var rows = batch.Passages.SelectMany(p => Row.Of(p, passages[p])).ToArray();
                for (var start = 0; start < rows.Length; start += atOnce)
                {
                    var part = rows[start..Math.Min(start + atOnce, rows.Length)];
                    using var scope = NewDisposeScope();
                    var found = Compare(
                        part, passages,
                        targetStream.LogProbabilities(targetStates.Read(batch.FirstRow + start, part.Length)),
                        surrogateStream.LogProbabilities(surrogateStates.Read(batch.FirstRow + start, part.Length)));
                    for (var i = 0; i < part.Length; i++)
                    {
                        if (part[i].Next < 0) continue;
                        all.Add(part[i].Passage, found, i);
                        if (part[i].IsAnswer) answers.Add(part[i].Passage, found, i);
                    }
                }
            }
        }
        of.Discard();
        by.Discard();
        return new LanguageQuality(passages.Count, all.Score(seed), answers.Count == 0 ? null : answers.Score(seed));
    }

    /// <returns>Target's loss, surrogate's loss, KL, agreement: one number per row each.</returns>
    static float[][] Compare(Row[] rows, IReadOnlyList<Passage> passages, Tensor target_nv, Tensor surrogate_nv)
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
        foreach (var column in values)
        {
            if (Array.FindIndex(column, value => !float.IsFinite(value)) is >= 0 and var row)
                throw Fault.Numerics(
                    $"passage {Printable.Quote(passages[rows[row].Passage].Id)}: a loss is {column[row]}.", "Use --dtype float32.");
        }
        return values;
    }

    /// <summary>What follows one position.</summary>
    /// <param name="Next">The next token; −1 at the end of a passage.</param>
    readonly record struct Row(int Passage, long Next, bool IsAnswer)
    {
        public static IEnumerable<Row> Of(int index, Passage passage)
        {
            for (var next = 1; next < passage.Ids.Length; next++)
                yield return new(index, passage.Ids[next], passage.Answers?[next] == true);
            yield return new(index, -1, false);
        }
    }

    /// <summary>What was found at some of the tokens, and to which passage each belongs.</summary>
    sealed class Tokens
    {
        readonly List<double>[] _columns = [[], [], [], []];
        readonly List<string> _passages = [];

        public int Count => _passages.Count;

        public void Add(int passage, float[][] values, int row)
        {
            for (var c = 0; c < _columns.Length; c++) _columns[c].Add(values[c][row]);
            _passages.Add(passage.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        public LanguageScore Score(ulong seed)
        {
            Interval Mean(int column) => Bootstrap.Mean(_columns[column], _passages, seed);
            return new LanguageScore(
                Count, Mean(0), Mean(1), Bootstrap.Difference(_columns[1], _columns[0], _passages, seed), Mean(2), Mean(3));
        }
    }
}
