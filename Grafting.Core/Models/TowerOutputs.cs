using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>All that a tower computes for pictures, by the names and with the meaning that transformers gives them.</summary>
/// <param name="HiddenStates">The input of the first block and the output of every block, [b, tokens, w] each.</param>
/// <param name="LastHiddenState">Of all tokens, [b, tokens, w]; before or after the last norm, as the family has it.</param>
/// <param name="Pooled">One vector per picture, [b, w]; null where the tower has nothing that pools.</param>
// b batch, w width
public sealed record TowerOutputs(IReadOnlyList<Tensor> HiddenStates, Tensor LastHiddenState, Tensor? Pooled);
