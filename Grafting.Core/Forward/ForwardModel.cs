using Grafting.Core.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Forward;

/// <summary>A loaded model of any kind, as a function from named tensors to named tensors.</summary>
abstract class ForwardModel : IDisposable
{
    /// <summary>Every parameter by its name in the checkpoint.</summary>
    public required IReadOnlyList<(string Name, Parameter Values)> Parameters { get; init; }

    /// <exception cref="GraftException">Of kind Input: an input that is missing or does not fit the model.</exception>
    public abstract void Run(ForwardInputs inputs, ForwardOptions options, ForwardOutputs outputs);

    public abstract void Dispose();

    /// <summary>The parameters of a module by their names in a checkpoint.</summary>
    public static IReadOnlyList<(string Name, Parameter Values)> Named(nn.Module module, KeyMap keys) =>
        [.. module.named_parameters().Select(p => (keys.ToTheirs(p.name)!, p.parameter))];

    /// <summary>Gradients of a loss with respect to all parameters.</summary>
    protected void AddGradients(Tensor loss, ForwardOutputs outputs)
    {
        loss.backward();
        foreach (var (name, values) in Parameters) outputs.AddGradient($"grad.{name}", values);
    }
}
