using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Forward;

/// <summary>One output as it was written.</summary>
/// <param name="Type">Element type as in safetensors.</param>
public sealed record ForwardOutput(string Name, string Type, IReadOnlyList<long> Shape);

/// <summary>The outputs of a forward pass by name, in the order in which they came about.</summary>
sealed class ForwardOutputs
{
    public const string LossName = "loss";

    readonly List<(string Name, Tensor Values)> _tensors = [];

    public IEnumerable<ForwardOutput> Described =>
        _tensors.Select(t => new ForwardOutput(t.Name, TensorLoading.StoredType(t.Values.dtype).Name(), t.Values.shape));

    /// <summary>The loss; null where there is none.</summary>
    public double? Loss =>
        _tensors.Find(t => t.Name == LossName) is { Values: { } loss } ? loss.to(ScalarType.Float64).item<double>() : null;

    /// <summary>Names of the outputs that hold a number that is not finite.</summary>
    public IEnumerable<string> NotFinite() => _tensors.Where(t => !t.Values.isfinite().all().item<bool>()).Select(t => t.Name);

    public void Add(string name, Tensor values) => _tensors.Add((name, values.detach()));

    /// <summary>Values at the positions of rows; they mean nothing where there is padding, and become 0 there.</summary>
    /// <param name="values">[b, s, ..]</param>
    /// <param name="padding_bs1">Bool; null where there is none.</param>
    public void AddPositions(string name, Tensor values, Tensor? padding_bs1)
    {
        if (padding_bs1 is null)
        {
            Add(name, values);
            return;
        }
        using Scalar zero = 0;
        Add(name, values.detach().masked_fill(padding_bs1, zero));
    }

    /// <summary>The gradient of a parameter or an input; 0 where the loss does not depend on it.</summary>
    public void AddGradient(string name, Tensor of) => Add(name, of.grad ?? torch.zeros_like(of));

    public void Write(string path, IReadOnlyDictionary<string, string> metadata) =>
        SafetensorsWriter.Write(path, _tensors.Select(t => TensorLoading.Source(t.Name, t.Values)), metadata);
}
