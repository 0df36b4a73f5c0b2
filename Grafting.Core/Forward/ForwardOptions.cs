namespace Grafting.Core.Forward;

/// <summary>What a forward pass is asked for beyond its plain outputs.</summary>
/// <param name="HiddenStates">Also the states between the layers.</param>
/// <param name="Gradients">Also the loss and its gradients.</param>
/// <param name="Interpolate">Pictures of another size than the tower was made for, its position embeddings interpolated.</param>
public sealed record ForwardOptions(bool HiddenStates = false, bool Gradients = false, bool Interpolate = false);
