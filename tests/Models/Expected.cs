using Grafting.Core.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.Models;

/// <summary>Tensors of a safetensors file, and comparisons with them.</summary>
sealed class Expected(string path) : IDisposable
{
    readonly SafetensorsFile _file = SafetensorsFile.Open(path);

    public IEnumerable<string> Names => _file.Tensors.Keys;

    public bool Has(string name) => _file.Tensors.ContainsKey(name);

    public Tensor Floats(string name)
    {
        var entry = _file.Entry(name);
        return torch.tensor(_file.ReadFloats(name)).reshape(entry.Shape);
    }

    /// <summary>A tensor of type F64, unrounded.</summary>
    public Tensor Doubles(string name)
    {
        var entry = _file.Entry(name);
        Assert.That(entry.Type, Is.EqualTo(TensorType.F64), name);
        var values = torch.empty(entry.Shape, ScalarType.Float64);
        _file.Read(entry, values.bytes);
        return values;
    }

    public Tensor Ids(string name)
    {
        var entry = _file.Entry(name);
        Assert.That(entry.Type, Is.EqualTo(TensorType.I64), name);
        var values = torch.empty(entry.Shape, ScalarType.Int64);
        _file.Read(entry, values.bytes);
        return values;
    }

    public int[][] Rows(string name)
    {
        var ids = Ids(name);
        var values = ids.data<long>().ToArray();
        return [.. values.Chunk((int)ids.shape[^1]).Select(row => row.Select(id => (int)id).ToArray())];
    }

    public void Dispose() => _file.Dispose();
}

static class Compare
{
    /// <summary>Fails where the largest difference is above an absolute tolerance; NaN is a difference.</summary>
    public static void Close(Tensor actual, Tensor expected, double tolerance, string what)
    {
        Assert.That(actual.shape, Is.EqualTo(expected.shape), what);
        Assert.That(MaxDifference(actual, expected), Is.LessThanOrEqualTo(tolerance), what);
    }

    /// <summary>As <see cref="Close"/>, with the tolerance as a share of the largest expected magnitude.</summary>
    public static void CloseRelative(Tensor actual, Tensor expected, double tolerance, string what) =>
        Close(actual, expected, tolerance * expected.abs().max().to(ScalarType.Float64).item<double>(), what);

    public static double MaxDifference(Tensor actual, Tensor expected) =>
        actual.detach().cpu().to(ScalarType.Float64).sub(expected.to(ScalarType.Float64)).abs().max().item<double>();
}

static class Named
{
    public static Tensor Parameter(nn.Module module, string name) => module.named_parameters().Single(p => p.name == name).parameter;
}
