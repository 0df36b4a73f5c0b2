using Grafting.Core.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Lora;

/// <summary>
/// Writes adapters into the matrices beside which they stand: W + alpha/rank · B A, computed in float32 and rounded once to W's stored
/// type. Everything else is copied byte for byte; one matrix is in memory at a time.
/// </summary>
public static class LoraMerge
{
    const string Weight = ".weight";

    /// <summary>The tensors of the merged model, in the order of the target's files.</summary>
    /// <exception cref="GraftException">Input, when the adapter does not fit the target.</exception>
    public static IReadOnlyList<TensorSource> Sources(Checkpoint target, PeftAdapter adapter)
    {
        adapter.Check(
            matrix => target.Tensors.TryGetValue(matrix + Weight, out var tensor) && tensor.Entry.Shape.Length == 2
                ? tensor.Entry.Shape
                : null);
        var merged = adapter.Matrices.ToDictionary(matrix => matrix + Weight, StringComparer.Ordinal);
        return [.. target.Tensors.Values.Select(tensor => merged.TryGetValue(tensor.Entry.Name, out var matrix)
            ? Merged(tensor, adapter, matrix) : TensorSource.FromFile(tensor))];
    }

    static TensorSource Merged(StoredTensor weight, PeftAdapter adapter, string matrix) =>
        new(weight.Entry.Name, weight.Entry.Type, weight.Entry.Shape, stream =>
        {
            using var _ = no_grad();
            using var scope = NewDisposeScope();
            var product = Read(adapter.Up(matrix)).matmul(Read(adapter.Down(matrix))).mul(adapter.Config.Scale);
            var sum = Read(weight).add(product).to(TensorLoading.DType(weight.Entry.Type));
            TensorLoading.Source(weight.Entry.Name, sum).Write(stream);
        });

    static Tensor Read(StoredTensor stored)
    {
        var tensor = torch.empty(stored.Entry.Shape, ScalarType.Float32, CPU);
        TensorLoading.Fill(tensor, stored);
        return tensor;
    }
}
