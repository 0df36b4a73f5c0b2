using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Layers;

/// <summary>Activation functions by the names that Hugging Face configurations use.</summary>
public enum Activation
{
    /// <summary>x·σ(x): "silu".</summary>
    Silu,

    /// <summary>x·Φ(x), exact: "gelu".</summary>
    Gelu,

    /// <summary>x·σ(1.702 x), OpenAI's approximation: "quick_gelu".</summary>
    QuickGelu,

    /// <summary>GELU with a tanh in place of Φ: "gelu_pytorch_tanh".</summary>
    GeluTanh,
}

public static class Activations
{
    static readonly Scalar QuickGeluFactor = 1.702;

    static readonly (string Name, Activation Activation)[] Names =
        [
            ("silu", Activation.Silu), ("gelu", Activation.Gelu), ("quick_gelu", Activation.QuickGelu),
            ("gelu_pytorch_tanh", Activation.GeluTanh),
        ];

    public static string Name(this Activation activation) => Array.Find(Names, n => n.Activation == activation).Name;

    /// <exception cref="GraftException">Of kind Input for a name that is not known; the message names it and where it stands.</exception>
    public static Activation Parse(string name, string where)
    {
        foreach (var known in Names)
            if (known.Name == name) return known.Activation;
        throw Fault.Input($"{where} is {Printable.Quote(name)}; known are {string.Join(", ", Names.Select(n => n.Name))}.");
    }

    public static Tensor Apply(this Activation activation, Tensor x) => activation switch
    {
        Activation.Silu => nn.functional.silu(x),
        Activation.Gelu => nn.functional.gelu(x),
        Activation.QuickGelu => x.mul(x.mul(QuickGeluFactor).sigmoid()),
        Activation.GeluTanh => nn.functional.gelu(x, GELU.Approximate.tanh),
        _ => Fault.Unreachable<Tensor>(activation),
    };
}
