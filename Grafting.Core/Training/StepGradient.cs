using static TorchSharp.torch;

namespace Grafting.Core.Training;

/// <summary>Loss of one step, its tokens weighted as the stage says.</summary>
/// <param name="Image">Share of samples with a picture.</param>
/// <param name="Text">Share of text-only samples.</param>
public readonly record struct StepLoss(double Image, double Text)
{
    public double Total => Image + Text;
}

/// <summary>Forward and backward pass of one step.</summary>
public static class StepGradient
{
    /// <summary>
    /// Adds the step's gradient to what the parameters hold; micro-batches are added up in their order. The gradient does not depend on
    /// how the step is split and packed, nor on <paramref name="recompute"/>, but for the rounding of sums taken in another order.
    /// </summary>
    /// <param name="recompute">As <see cref="StageConfig.Recompute"/>.</param>
    public static StepLoss Accumulate(TrainingModel model, StepBatch batch, bool recompute = false)
    {
        var (image, text) = (0.0, 0.0);
        foreach (var part in batch.Parts)
        {
            using var scope = NewDisposeScope();
            model.Lora?.Dropout.NextMicroBatch();
            var tensors = PackedTensors.From(part.Packed, model.Device);
            var pixels = model.ToPixels(part.Pixels, part.Pictures);
            var losses = recompute ? RecomputedPass.Run(model, tensors, pixels) : Keeping(model, tensors, pixels);
            var values = losses.to(ScalarType.Float64).cpu().data<double>().ToArray();
            for (var i = 0; i < values.Length; i++)
            {
                var share = values[i] * part.Packed.TargetWeights[i];
                if (part.TargetIsText[i]) text += share;
                else image += share;
            }
        }
        return new StepLoss(image, text);
    }

    /// <summary>Autograd keeps everything that the way back needs.</summary>
    static Tensor Keeping(TrainingModel model, PackedTensors batch, Tensor? pixels)
    {
        var losses = model.Losses(batch, pixels);
        // Text alone reaches nothing that trains where that is the encoder.
        if (losses.requires_grad) (losses * batch.TargetWeights).sum().backward();
        return losses.detach();
    }
}
