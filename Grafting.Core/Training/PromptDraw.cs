using Grafting.Core.Numerics;
using Grafting.Core.Text;

namespace Grafting.Core.Training;

/// <summary>Draws an image prompt (<see cref="ImagePrompt"/>) for every position of an order of samples, the same one each time.</summary>
/// <param name="prompts">Empty: no position has one.</param>
/// <param name="seed">Of the draws; may be that of the order.</param>
public sealed class PromptDraw(IReadOnlyList<string> prompts, ulong seed)
{
    /// <summary>Sets the draws apart from an order's shuffling, whose streams are numbered from 0.</summary>
    const ulong Streams = 1UL << 63;

    public string? At(long position) =>
        prompts.Count == 0 ? null : prompts[new DeterministicRandom(seed, Streams | (ulong)position).NextInt(prompts.Count)];
}
