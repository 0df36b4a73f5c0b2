using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Training;

/// <summary>The norm of all gradients taken as one vector.</summary>
public static class GradientNorm
{
    /// <summary>Scales the gradients down to <paramref name="limit"/> where their norm is above it.</summary>
    /// <returns>The norm before scaling; not finite when a gradient is not.</returns>
    public static double Clip(IReadOnlyList<Parameter> parameters, double limit)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var gradients = (from p in parameters let g = p.grad where g is not null select g).ToList();
        if (gradients.Count == 0) return 0;
        var squares = gradients.ConvertAll(g => g.to(ScalarType.Float32).square().sum());
        var norm = Math.Sqrt(stack(squares).sum().to(ScalarType.Float64).item<double>());
        if (norm > limit && double.IsFinite(norm))
        {
            foreach (var gradient in gradients) gradient.mul_(limit / norm);
        }
        return norm;
    }

    public static void Reset(IReadOnlyList<Parameter> parameters)
    {
        using var scope = NewDisposeScope();
        foreach (var parameter in parameters) parameter.grad?.zero_();
    }
}
