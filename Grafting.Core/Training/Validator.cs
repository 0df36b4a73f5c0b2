using static TorchSharp.torch;

namespace Grafting.Core.Training;

/// <summary>Loss on held-out samples.</summary>
public static class Validator
{
    /// <summary>
    /// Mean negative log-likelihood per supervised token, in nats; samples are encoded with answers as their only labels.
    /// </summary>
    public static double Loss(TrainingModel model, IReadOnlyList<EncodedSample> samples, StageConfig stage)
    {
        var (sum, weight) = (0.0, 0.0);
        using var _ = no_grad();
        foreach (var chunk in samples.Chunk(Math.Max(stage.MicroBatch, 16)))
        {
            using var scope = NewDisposeScope();
            var batch = MicroBatch.From(chunk, model.ImageTokens, stage.RowLength);
            var pixels = model.ToPixels(batch.Pixels, batch.Pictures);
            var losses = model.Losses(PackedTensors.From(batch.Packed, model.Device), pixels).cpu().data<float>().ToArray();
            sum += losses.Sum(l => (double)l);
            weight += losses.Length;
        }
        return sum / weight;
    }
}
