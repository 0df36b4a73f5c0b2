using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Models.Layers;
using Grafting.Core.Models.Towers;
using Grafting.Core.Numerics;
using static TorchSharp.torch;

namespace Grafting.Core.Forward;

/// <summary>A vision tower by itself, from a checkpoint of its own or from inside a larger one.</summary>
sealed class TowerForward(VisionTower tower) : ForwardModel
{
    public static TowerForward Load(string folder, Device device, ScalarType dtype)
    {
        using var checkpoint = Checkpoint.Open(folder);
        var tower = TowerFamilies.LoadWhole(folder, device, dtype);
        return new TowerForward(tower) { Parameters = Named(tower, TowerFamilies.FindKeys(tower.Config, checkpoint.Tensors.Keys, folder)) };
    }

    public override void Run(ForwardInputs inputs, ForwardOptions options, ForwardOutputs outputs)
    {
        var interpolate = options.Interpolate || tower.Config.TakesAnySize;
        var pixels = inputs.Floats(InputNames.Pixels, tower.DType, tower.Device) ?? throw inputs.Missing(InputNames.Pixels);
        CheckSize(pixels.shape, interpolate, inputs);
        if (options.Gradients) pixels.requires_grad_();

        var result = tower.forward_whole(pixels, interpolate);
        outputs.Add("last_hidden_state", result.LastHiddenState);
        if (result.Pooled is { } pooled) outputs.Add("pooler_output", pooled);
        if (options.HiddenStates) AddStates(result.HiddenStates, outputs);
        var loss = Loss(result, inputs);
        if (loss is null && options.Gradients)
        {
            throw inputs.Missing(
                $"{InputNames.LastWeights}, nor {InputNames.PooledWeights}; gradients are of the sum of last_hidden_state or "
                    + "pooler_output, or both, times these");
        }
        if (loss is null) return;
        outputs.Add(ForwardOutputs.LossName, loss);
        if (!options.Gradients) return;
        AddGradients(loss, outputs);
        outputs.AddGradient("grad_pixel_values", pixels);
    }

    public override void Dispose() => tower.Dispose();

    void CheckSize(long[] shape, bool interpolate, ForwardInputs inputs)
    {
        var (size, patch) = (tower.ImageSize, tower.Config.Shape.PatchSize);
        if (shape is not [_, var channels, var height, var width] || channels != TowerShape.Channels)
            throw inputs.Wrong(InputNames.Pixels, $"[pictures, {TowerShape.Channels}, {size}, {size}] was expected");
        if (interpolate && (height < patch || width < patch))
            throw inputs.Wrong(InputNames.Pixels, $"height and width of at least a patch, {patch}, were expected");
        if (interpolate || (height == size && width == size)) return;
        throw inputs.Wrong(
            InputNames.Pixels, $"[pictures, {TowerShape.Channels}, {size}, {size}] was expected; --interpolate takes other sizes");
    }

    void AddStates(IReadOnlyList<Tensor> states, ForwardOutputs outputs)
    {
        for (var i = 0; i < states.Count; i++) outputs.Add($"hidden_states.{i}", states[i]);
        if (tower.PostNorm is LayerNorm norm) outputs.Add("post_layernorm_all", norm.forward(states[^1]));
    }

    /// <summary>The weighted sum of the outputs that have weights, in float32 or better; null where none has.</summary>
    Tensor? Loss(TowerOutputs result, ForwardInputs inputs)
    {
        var last = Weighted(result.LastHiddenState, InputNames.LastWeights, inputs);
        var pooled = Weighted(result.Pooled, InputNames.PooledWeights, inputs);
        return last is null ? pooled : pooled is null ? last : last.add(pooled, Scalars.One);
    }

    Tensor? Weighted(Tensor? values, string name, ForwardInputs inputs)
    {
        var type = tower.DType == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        if (inputs.Floats(name, type, tower.Device) is not { } weights) return null;
        if (values is null) throw inputs.Wrong(name, "this tower has no pooler_output, which it would weigh");
        if (!weights.shape.SequenceEqual(values.shape))
            throw inputs.Wrong(name, $"[{string.Join(", ", values.shape)}] was expected, as the output has");
        return values.to(type).mul(weights).sum();
    }
}
