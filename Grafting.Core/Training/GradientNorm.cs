using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Training;

/// <summary>Norms of a gradient before it is clipped.</summary>
/// <param name="Total">Of all gradients taken as one vector; not finite when a gradient is not.</param>
/// <param name="Groups">Of each group alone, in the groups' order; 0 where nothing has a gradient.</param>
public sealed record GradientNorms(double Total, IReadOnlyList<double> Groups);

/// <summary>The norm of all gradients taken as one vector.</summary>
public static class GradientNorm
{
    /// <summary>Scales the gradients down to <paramref name="limit"/> where their norm is above it.</summary>
    /// <returns>The norm before scaling; not finite when a gradient is not.</returns>
    public static double Clip(IReadOnlyList<Parameter> parameters, double limit) => Clip([parameters], limit).Total;

    /// <summary>The same for groups of parameters, clipped together; brings one small tensor from the device.</summary>
    public static GradientNorms Clip(IReadOnlyList<IReadOnlyList<Parameter>> groups, double limit)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var gradients = groups.Select(members => (from p in members let g = p.grad where g is not null select g).ToList()).ToList();
        var all = gradients.SelectMany(own => own).ToList();
        if (all.Count == 0) return new GradientNorms(0, [.. groups.Select(_ => 0.0)]);
        var squares = stack(all.ConvertAll(g => Square(g.to(ScalarType.Float32)).sum()));
        var values = torch.cat([squares, squares.sum().view(1)]).cpu().data<float>().ToArray();
        var total = Math.Sqrt(values[^1]);
        if (total > limit && double.IsFinite(total))
        {
            using Scalar factor = limit / total;
            foreach (var gradient in all) gradient.mul_(factor);
        }
        var (at, norms) = (0, new List<double>());
        foreach (var own in gradients)
        {
            norms.Add(Math.Sqrt(values.Skip(at).Take(own.Count).Sum(v => (double)v)));
            at += own.Count;
        }
        return new GradientNorms(total, norms);
    }

    /// <remarks><c>square()</c> makes a scalar for its power; see <see cref="Numerics.Scalars"/>.</remarks>
    static Tensor Square(Tensor x) => x.mul(x);

    public static void Reset(IReadOnlyList<Parameter> parameters)
    {
        using var scope = NewDisposeScope();
        foreach (var parameter in parameters) parameter.grad?.zero_();
    }
}
