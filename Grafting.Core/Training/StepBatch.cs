using Grafting.Core.Models;

namespace Grafting.Core.Training;

/// <summary>All that one optimizer step reads, prepared on a worker thread.</summary>
/// <param name="SampleIds">For messages.</param>
/// <param name="ImageWeight">Sum of token weights over samples with a picture, before normalisation.</param>
/// <param name="TextWeight">The same over text-only samples.</param>
/// <param name="Tokens">Positions read, image tokens included.</param>
public sealed record StepBatch(
    IReadOnlyList<MicroBatch> Parts, IReadOnlyList<string> SampleIds, double ImageWeight, double TextWeight, long Tokens)
{
    /// <summary>
    /// Packs the samples of a step into micro-batches. Every token's weight is divided by the total over the whole step here, so that the
    /// sum of the micro-batches' gradients is the step's gradient however it is split. Factors of a <see cref="LossBalance"/> come on top:
    /// over the whole step too, or over each micro-batch in the published form.
    /// </summary>
    /// <exception cref="GraftException">Input, when no token of the step is supervised.</exception>
    public static StepBatch Build(IReadOnlyList<EncodedSample> samples, StageConfig stage, PicturePositions imageTokens)
    {
        double Weight(bool text) => samples.Where(s => s.IsText == text).Sum(s => s.Chat.Weights.Sum(w => (double)w));
        var (image, text) = (Weight(false), Weight(true));
        if (!(image + text > 0))
            throw Fault.Input(
                $"no token of the samples {string.Join(", ", samples.Select(s => s.Id))} is supervised.",
                "Look at the answers in the data.");
        var textShare = (image, text) switch
        {
            (0, _) => 1,
            (_, 0) => 0,
            _ => stage.TextShare ?? (text / (image + text)),
        };

        var balanced = stage.Balance is { Compat: false } whole ? AnswerWeights.Apply(whole, samples, imageTokens) : samples;
        var parts = new List<MicroBatch>();
        foreach (var chunk in balanced.Chunk(stage.MicroBatch))
        {
            var part = MicroBatch.From(
                stage.Balance is { Compat: true } split ? AnswerWeights.Apply(split, chunk, imageTokens) : chunk, imageTokens,
                stage.RowLength);
            var weights = new float[part.TargetIsText.Length];
            for (var i = 0; i < weights.Length; i++)
            {
                var scale = part.TargetIsText[i] ? textShare / text : (1 - textShare) / image;
                weights[i] = (float)(part.Packed.TargetWeights[i] * scale);
            }
            parts.Add(part with { Packed = part.Packed with { TargetWeights = weights } });
        }
        return new StepBatch(parts, [.. samples.Select(s => s.Id)], image, text, parts.Sum(p => (long)p.Packed.UsedPositions));
    }
}
