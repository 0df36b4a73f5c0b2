namespace Grafting.Surrogates.Planning;

/// <summary>
/// Bytes that training in stage 1 takes at its peak: tower frozen but for its last norm; adapter, boundary and translators trained.
/// </summary>
/// <param name="DecoderWeights">All weights of the decoder in the type of the arithmetic.</param>
/// <param name="VisionWeights">Tower, adapter and boundary.</param>
/// <param name="Gradients">Of what is trained; kept between steps.</param>
/// <param name="Optimizer">AdamW: two moments in float32, and a float32 copy of half-precision weights.</param>
/// <param name="Activations">The largest moment of a step.</param>
/// <param name="Recomputed">The same with layers that keep only their input and are computed again in the backward pass.</param>
/// <param name="ScoresPerLayer">The attention weights in a layer's activations; 0 where a fused kernel does not keep them.</param>
public sealed record MemoryNeed(
    long DecoderWeights, long VisionWeights, long Gradients, long Optimizer, StepMoment Activations, StepMoment Recomputed,
    long ScoresPerLayer)
{
    public long Weights => DecoderWeights + VisionWeights;

    public long Peak => Weights + Gradients + Optimizer + Activations.Bytes;

    public long PeakRecomputed => Weights + Gradients + Optimizer + Recomputed.Bytes;

    public static MemoryNeed Of(DecoderLayout layout, VisionShape vision, TrainingWorkload work)
    {
        var trained = layout.TrainedParameters + vision.TrainedParameters;
        var model = new ActivationModel(layout, vision, work);
        return new MemoryNeed(
            layout.Parameters * work.Size,
            vision.Parameters * work.Size,
            trained * work.Size,
            trained * (work.Half ? 3 : 2) * sizeof(float),
            Largest(recompute: false),
            Largest(recompute: true),
            model.Scores);

        StepMoment Largest(bool recompute) => model.Moments(recompute).MaxBy(moment => moment.Bytes)!;
    }
}
