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
static class StepGradient
{
    /// <summary>Adds the step's gradient to what the parameters hold; micro-batches are added up in their order.</summary>
    public static StepLoss Accumulate(TrainingModel model, StepBatch batch)
    {
        var (image, text) = (0.0, 0.0);
        foreach (var part in batch.Parts)
        {
            using var scope = NewDisposeScope();
            model.Lora?.Dropout.NextMicroBatch();
            var tensors = PackedTensors.From(part.Packed, model.Device);
            var losses = model.Losses(tensors, model.ToPixels(part.Pixels, part.Pictures));
            (losses * tensors.TargetWeights).sum().backward();
            var values = losses.detach().cpu().data<float>().ToArray();
            for (var i = 0; i < values.Length; i++)
            {
                var share = (double)values[i] * part.Packed.TargetWeights[i];
                if (part.TargetIsText[i]) text += share;
                else image += share;
            }
        }
        return new StepLoss(image, text);
    }
}
