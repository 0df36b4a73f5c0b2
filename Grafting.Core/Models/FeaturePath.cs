namespace Grafting.Core.Models;

/// <summary>
/// Which of a tower's numbers the adapter gets. The paper: last hidden state, post-norm, class token kept; LLaVA: (-2, no, no).
/// </summary>
/// <param name="Layer">
/// Index into the hidden states, of which there is one more than blocks: 0 is the input of the first block, -1 the output of the last.
/// </param>
/// <param name="PostNorm">Whether the tower's final norm is applied to every token.</param>
/// <param name="KeepClass">Whether the class token stays in front of the patches.</param>
public sealed record FeaturePath(int Layer = -1, bool PostNorm = true, bool KeepClass = true)
{
    /// <returns>How many of the tower's blocks have to run.</returns>
    /// <exception cref="GraftException">When the tower has no such layer.</exception>
    public int BlocksUsed(int blocks)
    {
        Fault.IfOutside(Layer, -blocks - 1, blocks);
        return Layer < 0 ? blocks + 1 + Layer : Layer;
    }
}
