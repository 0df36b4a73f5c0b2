using Grafting.Core;

namespace Grafting.Surrogates.Analysis;

/// <summary>What was measured in a target, sample by sample and layer by layer.</summary>
/// <param name="Samples">Name of each sample.</param>
/// <param name="Layers">Decoder layers of the target, L.</param>
/// <param name="Values">
/// Per criterion [sample][layer], layers 0 to L − 1. <see cref="Criterion.Trajectory"/>: KL between position distributions, nats, 0 at the
/// last layer. <see cref="Criterion.VocabularyKl"/>: mean over positions of KL(final ‖ layer), nats, 0 at the last layer.
/// <see cref="Criterion.TopOneAgreement"/>: share of positions, 1 at the last layer. <see cref="Criterion.BlockInfluence"/>: mean over
/// positions of 1 − cosine(block input, block output).
/// </param>
public sealed record LayerMeasurements(
    IReadOnlyList<string> Samples, int Layers, IReadOnlyDictionary<Criterion, double[][]> Values)
{
    /// <exception cref="GraftException">
    /// Of kind Input: no sample, a criterion is missing, or a table has another size. Of kind Numerics: a value is not finite; names
    /// criterion, sample and layer.
    /// </exception>
    public LayerMeasurements Validate()
    {
        const string again = "Run graft analyze again.";
        if (Samples.Count == 0) throw Fault.Input("there is no sample to analyse.", "Give a text with at least one sample.");
        if (Layers < 1) throw Fault.Input($"the measurements are of {Layers} layers; expected at least 1.");
        foreach (var criterion in Criteria.All)
        {
            if (!Values.TryGetValue(criterion, out var rows)) throw Fault.Input($"the measurements lack {criterion.Key()}.", again);
            if (rows.Length != Samples.Count)
                throw Fault.Input($"{criterion.Key()} has the curves of {rows.Length} samples; expected {Samples.Count}.", again);
            for (var sample = 0; sample < rows.Length; sample++) ValidateRow(criterion, sample, rows[sample]);
        }
        return this;
    }

    void ValidateRow(Criterion criterion, int sample, double[] row)
    {
        var name = Printable.Quote(Samples[sample]);
        if (row.Length != Layers)
            throw Fault.Input(
                $"{criterion.Key()} of sample {name} has {row.Length} layers; expected {Layers}.", "Run graft analyze again.");
        for (var layer = 0; layer < row.Length; layer++)
        {
            if (double.IsFinite(row[layer])) continue;
            throw Fault.Numerics(
                FormattableString.Invariant($"{criterion.Key()} of sample {name} is {row[layer]} at layer {layer}; it must be finite."),
                "Measure in float32, and see whether the checkpoint or this sample is damaged.");
        }
    }
}
