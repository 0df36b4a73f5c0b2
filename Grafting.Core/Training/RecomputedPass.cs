using Grafting.Core.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Training;

/// <summary>
/// Forward and backward pass that keeps only what enters each decoder layer: on the way back every layer is computed once more, with
/// autograd watching that layer alone. Loss and gradient are those of the plain pass, operation by operation.
/// </summary>
/// <remarks>
/// Vision encoder and embeddings keep what they need: pictures have far fewer positions than layers have states. A layer must give the same
/// output twice, so dropout has to draw its masks from the step and not from a generator that moves on.
/// </remarks>
// r rows, l length of a row, w residual width, m supervised positions
public static class RecomputedPass
{
    /// <summary>Supervised positions whose logits exist at a time; a vocabulary of 128 000 makes half a gigabyte of so many.</summary>
    public const int TargetsAtOnce = 1024;

    /// <summary>Adds the gradient of the weighted loss to what the parameters hold.</summary>
    /// <param name="pixels">Pictures [n, 3, S, S]; null without pictures.</param>
    /// <param name="targetsAtOnce">Size of the pieces that head and loss are computed in.</param>
    /// <returns>Negative log-likelihood of every supervised token [m], without a graph.</returns>
    public static Tensor Run(TrainingModel model, PackedTensors batch, Tensor? pixels, int targetsAtOnce = TargetsAtOnce)
    {
        using var scope = NewDisposeScope();
        var layers = model.Decoder.Layers;
        var entering_rlw = model.Embed(batch, pixels);
        var first = FirstToWatch(layers, entering_rlw);
        var states = Forward(layers, batch, entering_rlw, first);
        var (losses_m, gradient_rlw) = Exit(model, batch, states.Pop(), first < layers.Count || entering_rlw.requires_grad, targetsAtOnce);
        for (var i = layers.Count - 1; i >= first; i--)
            gradient_rlw = Backward(layers[i], batch, states.Pop(), gradient_rlw!, goesOn: i > first || entering_rlw.requires_grad);
        if (entering_rlw.requires_grad) entering_rlw.backward([gradient_rlw!]);
        return losses_m.MoveToOuterDisposeScope();
    }

    /// <summary>The lowest layer that a gradient has to reach or pass; below it, nothing trains.</summary>
    static int FirstToWatch(IReadOnlyList<DecoderLayer> layers, Tensor entering)
    {
        if (entering.requires_grad) return 0;
        var first = 0;
        while (first < layers.Count && !layers[first].parameters().Any(p => p.requires_grad)) first++;
        return first;
    }

    /// <summary>What enters each layer from <paramref name="first"/> on, and on top what leaves the last.</summary>
    static Stack<Tensor> Forward(IReadOnlyList<DecoderLayer> layers, PackedTensors batch, Tensor entering_rlw, int first)
    {
        using var _ = no_grad();
        var states = new Stack<Tensor>();
        var state_rlw = entering_rlw.detach();
        for (var i = 0; i < layers.Count; i++)
        {
            var next_rlw = layers[i].forward(state_rlw, batch.Positions, batch.Mask);
            if (i >= first) states.Push(state_rlw);
            else state_rlw.Dispose();
            state_rlw = next_rlw;
        }
        states.Push(state_rlw);
        return states;
    }

    /// <summary>Final norm, head and loss, forward and backward; takes the state over.</summary>
    /// <returns>Losses [m], and the loss's gradient at the state where one is wanted.</returns>
    static (Tensor Losses_m, Tensor? Gradient_rlw) Exit(
        TrainingModel model, PackedTensors batch, Tensor state_rlw, bool wantsGradient, int targetsAtOnce)
    {
        using var scope = NewDisposeScope();
        using var owned = state_rlw;
        var leaving_rlw = state_rlw.detach().requires_grad_(wantsGradient);
        var chosen_mw = TrainingModel.Chosen(model.Decoder.final_norm(leaving_rlw), batch);
        // The pieces' gradients meet here, so that the norm is passed once.
        var rows_mw = chosen_mw.detach().requires_grad_(chosen_mw.requires_grad);
        var (losses, start) = (new List<Tensor>(), 0L);
        do
        {
            using var piece = NewDisposeScope();
            var count = Math.Min(targetsAtOnce, rows_mw.shape[0] - start);
            var losses_n = TrainingModel.Losses(model.Head(rows_mw.narrow(0, start, count)), batch.TargetIds.narrow(0, start, count));
            if (losses_n.requires_grad) (losses_n * batch.TargetWeights.narrow(0, start, count)).sum().backward();
            losses.Add(losses_n.detach().MoveToOuterDisposeScope());
            start += count;
        }
        while (start < rows_mw.shape[0]);
        if (rows_mw.grad is { } gradient_mw) chosen_mw.backward([gradient_mw]);
        return (torch.cat(losses).MoveToOuterDisposeScope(), leaving_rlw.grad?.MoveToOuterDisposeScope());
    }

    /// <summary>One layer forward and backward; takes its input and the gradient at its output over.</summary>
    /// <param name="goesOn">Whether anything below wants a gradient.</param>
    /// <returns>The gradient at the layer's input; null when none is wanted.</returns>
    static Tensor? Backward(DecoderLayer layer, PackedTensors batch, Tensor input_rlw, Tensor gradient_rlw, bool goesOn)
    {
        using var scope = NewDisposeScope();
        using var ownedInput = input_rlw;
        using var ownedGradient = gradient_rlw;
        var leaf_rlw = input_rlw.detach().requires_grad_(goesOn);
        layer.forward(leaf_rlw, batch.Positions, batch.Mask).backward([gradient_rlw]);
        return leaf_rlw.grad?.MoveToOuterDisposeScope();
    }
}
