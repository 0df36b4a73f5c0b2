using Grafting.Core.Models;
using static TorchSharp.torch;

namespace Grafting.Core.Training;

/// <summary>
/// Goes through the model module by module, as a picture and its words do, and looks for the first number that is not finite.
/// </summary>
static class ModuleWalk
{
    /// <summary>The first module whose output is not finite; null when all outputs are.</summary>
    public static string? FirstNonFinite(TrainingModel model, MicroBatch part)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, output) in Outputs(model, part))
        {
            if (!output.isfinite().all().item<bool>()) return name;
        }
        return null;
    }

    /// <summary>
    /// The parameter with a gradient that is not finite, the one nearest to the loss of several; null when all are finite.
    /// </summary>
    public static string? NonFiniteGradient(TrainingModel model)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var ordered = model.All().OrderBy(
            p => p.Key.StartsWith("decoder.", StringComparison.Ordinal)).ToList(); // stable: the encoder comes first
        return ordered.FindLast(p => p.Value.grad is { } gradient && !gradient.isfinite().all().item<bool>()).Key is { } name
            ? $"the gradient of {name}"
            : null;
    }

    static IEnumerable<(string Name, Tensor Output)> Outputs(TrainingModel model, MicroBatch part)
    {
        var batch = PackedTensors.From(part.Packed, model.Device);
        var decoder = model.Decoder;
        yield return ("the loss's weights", batch.TargetWeights);
        var state = decoder.embed(batch.Ids);
        yield return ("decoder.embedding", state);
        if (model.ToPixels(part.Pixels, part.Pictures) is { } pixels)
        {
            yield return ("the picture", pixels);
            var encoder = model.Encoder!;
            var states = new List<Tensor>();
            var features = encoder.Tower.forward(pixels, states);
            for (var i = 0; i < states.Count; i++)
                yield return (i == 0 ? "the embedding of encoder.tower" : $"encoder.tower.blocks.{i - 1}", states[i]);
            yield return ("the last norm of encoder.tower", features);
            yield return ("encoder.adapter", encoder.Adapter.forward(features));
            var pictures = encoder.forward(pixels, batch.Pictures);
            yield return (
                encoder.RowEnd is null ? "encoder.start and encoder.end" : "encoder.start, encoder.end and encoder.row_end", pictures);
            state = ImageSplice.Apply(state, batch.ImagePositions, pictures);
        }
        for (var i = 0; i < decoder.Layers.Count; i++)
        {
            state = decoder.Layers[i].forward(state, batch.Positions, batch.Mask);
            yield return ($"decoder.{Decoder.LayerPrefix}{i}", state);
        }
        var hidden = decoder.final_norm(state);
        yield return ("decoder.norm", hidden);
        var logits = model.Head(TrainingModel.Chosen(hidden, batch));
        yield return ("decoder.head", logits);
        yield return ("the loss", TrainingModel.Losses(logits, batch.TargetIds));
    }
}
