using System.Text;
using Grafting.Core.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>
/// Fills parameters from a managed generator, so that a seed means the same numbers with every provider, device and thread count.
/// Each parameter has a stream of its own, derived from its name: adding a layer does not change the others.
/// </summary>
public sealed class Initialiser(ulong seed)
{
    /// <summary>Independent normal numbers of mean 0.</summary>
    public void Normal(string name, Tensor parameter, double deviation)
    {
        var random = Stream(name);
        Fill(parameter, () => random.NextGaussian() * deviation);
    }

    /// <summary>Independent uniform numbers in [-bound, bound).</summary>
    public void Uniform(string name, Tensor parameter, double bound)
    {
        var random = Stream(name);
        Fill(parameter, () => (2 * random.NextDouble() - 1) * bound);
    }

    public static void Constant(Tensor parameter, double value)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        parameter.fill_(value);
    }

    // FNV-1a: spreads names well enough to tell streams apart; the generator mixes the result.
    DeterministicRandom Stream(string name)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var b in Encoding.UTF8.GetBytes(name)) hash = (hash ^ b) * 0x100000001B3;
        return new DeterministicRandom(seed, hash);
    }

    static void Fill(Tensor parameter, Func<double> next)
    {
        var values = new float[parameter.NumberOfElements];
        for (var i = 0; i < values.Length; i++) values[i] = (float)next();
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        parameter.copy_(torch.tensor(values).reshape(parameter.shape));
    }
}
