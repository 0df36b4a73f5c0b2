using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Layers;

/// <summary>Makes parameters whose values are undefined until a checkpoint or an <see cref="Initialiser"/> fills them.</summary>
internal static class Parameters
{
    /// <summary>A parameter that outlives every dispose scope; it dies with its module.</summary>
    public static Parameter Empty(Device device, ScalarType dtype, params long[] shape)
    {
        var parameter = nn.Parameter(torch.empty(shape, dtype, device));
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
