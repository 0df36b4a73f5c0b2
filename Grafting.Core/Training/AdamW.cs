using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Training;

/// <summary>Settings of <see cref="AdamW"/>; Loshchilov and Hutter, arXiv 1711.05101.</summary>
public sealed record AdamWConfig
{
    /// <summary>Decay of the running mean of the gradient.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the running mean of its square.</summary>
    public double Beta2 { get; init; } = 0.999;

    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled decay per unit of learning rate, on matrices.</summary>
    public double WeightDecay { get; init; }

    public AdamWConfig Validate()
    {
        Fault.IfOutside(Beta1, 0, 0.9999999);
        Fault.IfOutside(Beta2, 0, 0.9999999);
        Fault.IfOutside(Epsilon, 1e-16, 1);
        Fault.IfOutside(WeightDecay, 0, 1);
        return this;
    }
}

/// <summary>
/// AdamW with state kept by parameter name, so that it survives a reload, and float32 moments whatever the parameter's type; a
/// half-precision parameter also has a float32 master copy, which the update is applied to.
/// </summary>
/// <remarks>Decay applies to matrices only (parameters of two or more dimensions), as is usual for norms and biases.</remarks>
public sealed class AdamW : IDisposable
{
    readonly AdamWConfig _config;
    readonly List<Slot> _slots = [];

    public AdamW(AdamWConfig config, IEnumerable<ParameterGroup> groups)
    {
        _config = config.Validate();
        using var _ = no_grad();
        foreach (var group in groups)
        {
            foreach (var (name, parameter) in group.Parameters)
            {
                _slots.Add(new Slot(
                    name,
                    parameter,
                    group.Rate,
                    Owned(zeros_like(parameter, dtype: ScalarType.Float32)),
                    Owned(zeros_like(parameter, dtype: ScalarType.Float32)),
                    parameter.dtype == ScalarType.Float32 ? null : Owned(parameter.detach().to(ScalarType.Float32))));
            }
        }
    }

    /// <summary>Updates made so far.</summary>
    public int Steps { get; private set; }

    /// <summary>One update from the gradients in place; parameters without a gradient stay as they are.</summary>
    public void Step(double learningRate)
    {
        Steps++;
        var correction1 = 1 - Math.Pow(_config.Beta1, Steps);
        var correction2 = 1 - Math.Pow(_config.Beta2, Steps);
        using Scalar beta1 = _config.Beta1, rest1 = 1 - _config.Beta1, beta2 = _config.Beta2, rest2 = 1 - _config.Beta2;
        using Scalar root = Math.Sqrt(correction2), epsilon = _config.Epsilon;
        using var _ = no_grad();
        foreach (var slot in _slots)
        {
            using var scope = NewDisposeScope();
            if (slot.Parameter.grad is not { } raw) continue;
            var gradient = raw.to(ScalarType.Float32);
            var target = slot.Master ?? slot.Parameter;
            var rate = learningRate * slot.Rate;
            using Scalar decay = 1 - (rate * _config.WeightDecay), step = -rate / correction1;
            slot.First.mul_(beta1).add_(gradient, rest1);
            slot.Second.mul_(beta2).addcmul_(gradient, gradient, rest2);
            var scale = slot.Second.sqrt().div_(root).add_(epsilon, Scalars.One);
            if (_config.WeightDecay > 0 && target.dim() > 1) target.mul_(decay);
            target.addcdiv_(slot.First, scale, step);
            if (slot.Master is not null) slot.Parameter.copy_(slot.Master);
        }
    }

    /// <summary>
    /// The whole state, sorted by name: <c>NAME.first</c>, <c>NAME.second</c> and, in half precision, <c>NAME.master</c>.
    /// </summary>
    public IEnumerable<TensorSource> Save() => States().Select(s => TensorLoading.Source(s.Name, s.State));

    /// <summary>Continues from a saved state; every tensor has to be there.</summary>
    public void Load(SafetensorsFile file, int steps)
    {
        using var _ = no_grad();
        foreach (var (name, state) in States())
        {
            if (!file.Tensors.TryGetValue(name, out var entry))
                throw Fault.Input($"{file.Path} has no tensor '{name}'.", "The checkpoint was made by another recipe; start a new run.");
            TensorLoading.Fill(state, new StoredTensor(entry, file));
        }
        Steps = steps;
    }

    public void Dispose()
    {
        foreach (var (_, state) in States()) state.Dispose();
        _slots.Clear();
    }

    IEnumerable<(string Name, Tensor State)> States()
    {
        foreach (var slot in _slots)
        {
            yield return ($"{slot.Name}.first", slot.First);
            yield return ($"{slot.Name}.second", slot.Second);
            if (slot.Master is not null) yield return ($"{slot.Name}.master", slot.Master);
        }
    }

    static Tensor Owned(Tensor tensor) => tensor.DetachFromDisposeScope();

    sealed record Slot(string Name, Tensor Parameter, double Rate, Tensor First, Tensor Second, Tensor? Master);
}
