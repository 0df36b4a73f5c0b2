using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models.Streaming;
using Grafting.Core.Running;
using Grafting.Core.Text;
using static TorchSharp.torch;

namespace Grafting.Surrogates.Analysis;

/// <summary>
/// Reads every layer's prediction (final norm and head on its output) of a pass whose states are all there, and compares it with the
/// model's. Each sample is written down when it is done, so that an interrupted measurement goes on.
/// </summary>
// n rows (positions of several samples one after another), v vocabulary, w residual width
public sealed class LayerMeasurement(StatePass pass, TrajectoryArithmetic arithmetic)
{
    readonly int _layers = pass.Decoder.Shape.Layers;
    readonly string _log = Path.Combine(pass.Folder, $"measurements-{arithmetic.Name}.jsonl");

    /// <param name="progress">Positions measured.</param>
    /// <exception cref="GraftException">Stopped on request; Numerics when a measure is not finite.</exception>
    public LayerMeasurements Run(IProgress<ProgressReport>? progress = null, StopRequest? stop = null)
    {
        using var promise = stop?.PromiseToSave();
        using var _ = no_grad();
        var done = ReadLog();
        StateFile[] files = [.. Enumerable.Range(0, _layers + 1).Select(pass.Open)];
        try
        {
            using var log = new StreamWriter(_log, append: true);
            var rows = 0L;
            foreach (var batch in pass.Batches)
            {
                if (!batch.Passages.All(done.ContainsKey))
                {
                    if (stop is { Requested: true })
                    {
                        throw stop.Stopped(
                            $"{done.Count} of {pass.Passages.Count} samples are measured and kept in {pass.Folder}.",
                            "Run the same command again to go on.");
                    }
                    foreach (var sample in Measure(batch, files))
                    {
                        log.WriteLine(JsonSerializer.Serialize(sample));
                        done[sample.Passage] = sample;
                    }
                    log.Flush();
                }
                progress?.Report(new ProgressReport("measuring the layers", rows += batch.Rows, pass.Tokens, "tokens"));
            }
        }
        finally
        {
            foreach (var file in files) file.Dispose();
        }
        return new LayerMeasurements(
            [.. pass.Passages.Select(p => p.Id)],
            _layers,
            Enum.GetValues<Criterion>().ToDictionary(
                c => c, c => Enumerable.Range(0, pass.Passages.Count).Select(p => done[p].Of(c)).ToArray()));
    }

    IEnumerable<Sample> Measure(PassageBatch batch, StateFile[] files)
    {
        long[] next = [.. batch.Passages.SelectMany(p => pass.Passages[p].Ids.Skip(1).Append(0)).Select(id => (long)id)];
        var values = new RowValues(_layers, batch.Rows);
        var atOnce = pass.Decoder.RowsAtOnce;
        for (var start = 0; start < batch.Rows; start += atOnce)
            Measure(files, batch.FirstRow, start, next.AsSpan(start, Math.Min(atOnce, batch.Rows - start)), values);
        return Samples(batch, values);
    }

    void Measure(StateFile[] files, long firstRow, int start, ReadOnlySpan<long> next, RowValues values)
    {
        using var scope = NewDisposeScope();
        var count = next.Length;
        var next_n1 = tensor(next.ToArray(), [count, 1], device: pass.Decoder.Ends.Device);
        var finalLogits = pass.Decoder.Logits(files[_layers].Read(firstRow + start, count));
        var final = LayerStream.LogProbabilitiesOf(finalLogits);
        var (finalProbabilities, finalTop) = (final.exp(), final.argmax(-1));
        var before = files[0].Read(firstRow + start, count).to(ScalarType.Float64);
        for (var layer = 0; layer < _layers; layer++)
        {
            using var inner = NewDisposeScope();
            var states = files[layer + 1].Read(firstRow + start, count);
            var after = states.to(ScalarType.Float64);
            var logits = layer == _layers - 1 ? finalLogits : pass.Decoder.Logits(states);
            var logs = layer == _layers - 1 ? final : LayerStream.LogProbabilitiesOf(logits);
            RowValues.Set(values.Scores[layer], start, arithmetic.Score(logits, logs, next_n1));
            RowValues.Set(values.Divergences[layer], start, finalProbabilities.mul(final.sub(logs)).sum(-1));
            RowValues.Set(values.Agreements[layer], start, logs.argmax(-1).eq(finalTop).to(ScalarType.Float32));
            RowValues.Set(values.Influences[layer], start, Influence(before, after));
            before = after.MoveToOuterDisposeScope();
        }
    }

    IEnumerable<Sample> Samples(PassageBatch batch, RowValues values)
    {
        var row = 0;
        for (var i = 0; i < batch.Passages.Count; row += batch.Lengths[i++])
        {
            // The last position predicts nothing.
            var (start, predicting) = (row, batch.Lengths[i] - 1);
            yield return new Sample(
                batch.Passages[i],
                arithmetic.Divergences(Array.ConvertAll(values.Scores, layer => layer[start..(start + predicting)])),
                Means(values.Divergences, start, predicting),
                Means(values.Agreements, start, predicting),
                Means(values.Influences, start, predicting + 1)).Check(pass.Passages[batch.Passages[i]]);
        }
    }

    static double[] Means(float[][] layers, int start, int count) =>
        Array.ConvertAll(layers, layer => layer.AsSpan(start, count).ToArray().Average(value => (double)value));

    /// <summary>
    /// 1 − cos between a layer's input and output (Men et al., "ShortGPT", arXiv 2403.03853, equation 1), in float64: it may be small.
    /// </summary>
    static Tensor Influence(Tensor before_nw, Tensor after_nw)
    {
        var product = before_nw.mul(after_nw).sum(-1);
        var lengths = before_nw.mul(before_nw).sum(-1).mul(after_nw.mul(after_nw).sum(-1)).sqrt();
        return product.div(lengths).neg().add(1).to(ScalarType.Float32);
    }

    Dictionary<int, Sample> ReadLog()
    {
        var found = new Dictionary<int, Sample>();
        foreach (var line in File.Exists(_log) ? File.ReadAllLines(_log) : [])
        {
            try
            {
                var sample = JsonSerializer.Deserialize<Sample>(line)!;
                found[sample.Passage] = sample;
            }
            catch (JsonException)
            {
                // The line that was being written when the process died.
                break;
            }
        }
        AtomicFile.WriteText(_log, string.Concat(found.Values.Select(sample => JsonSerializer.Serialize(sample) + "\n")));
        return found;
    }

    /// <summary>One number per layer and row.</summary>
    sealed class RowValues(int layers, int rows)
    {
        public float[][] Scores { get; } = Grid(layers, rows);

        public float[][] Divergences { get; } = Grid(layers, rows);

        public float[][] Agreements { get; } = Grid(layers, rows);

        public float[][] Influences { get; } = Grid(layers, rows);

        public static void Set(float[] layer, int start, Tensor values_n) => values_n.cpu().data<float>().ToArray().CopyTo(layer, start);

        static float[][] Grid(int layers, int rows) => [.. Enumerable.Range(0, layers).Select(_ => new float[rows])];
    }

    /// <summary>What was measured on one sample, one number per layer.</summary>
    sealed record Sample(int Passage, double[] Trajectory, double[] VocabularyKl, double[] TopOneAgreement, double[] BlockInfluence)
    {
        public double[] Of(Criterion criterion) => criterion switch
        {
            Criterion.Trajectory => Trajectory,
            Criterion.VocabularyKl => VocabularyKl,
            Criterion.TopOneAgreement => TopOneAgreement,
            Criterion.BlockInfluence => BlockInfluence,
            _ => Fault.Unreachable<double[]>(criterion),
        };

        public Sample Check(Passage passage)
        {
            foreach (var criterion in Enum.GetValues<Criterion>())
            {
                if (Array.FindIndex(Of(criterion), value => !double.IsFinite(value)) is >= 0 and var layer)
                    throw Fault.Numerics(
                        $"sample {Printable.Quote(passage.Id)}: {criterion} after layer {layer} is {Of(criterion)[layer]}.",
                        "Use --dtype float32.");
            }
            return this;
        }
    }
}
