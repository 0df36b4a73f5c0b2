using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using static TorchSharp.torch;

namespace Grafting.Tests.Forward;

static class DoubleFile
{
    /// <summary>A tensor of any float type as float64.</summary>
    public static Tensor Read(string path, string name)
    {
        using var file = SafetensorsFile.Open(path);
        var entry = file.Entry(name);
        var values = empty(entry.Shape, ScalarType.Float64);
        TensorLoading.Fill(values, new StoredTensor(entry, file));
        return values;
    }
}
