using TorchSharp.Modules;

namespace Grafting.Core.Training;

/// <summary>Parameters that share a learning rate.</summary>
/// <param name="Name">Pattern that chose them, for reports.</param>
/// <param name="Rate">Factor on the stage's learning rate.</param>
/// <param name="Parameters">By canonical name, which is also the key of their optimizer state.</param>
public sealed record ParameterGroup(string Name, double Rate, IReadOnlyList<KeyValuePair<string, Parameter>> Parameters)
{
    public long Count => Parameters.Sum(p => p.Value.numel());
}
