using Grafting.Core;
using Grafting.Core.Checkpoints;

namespace Grafting.Surrogates.Planning;

/// <summary>What one forward pass of training reads; everything that a plan assumes about the data.</summary>
/// <param name="Type">Of weights and arithmetic.</param>
/// <param name="Batch">Sequences in one forward pass (the micro-batch, not the batch of an optimizer step).</param>
/// <param name="ImageTokens">Positions of a picture, its tiles and the boundary vectors included.</param>
/// <param name="TextTokens">Further positions of a sequence.</param>
/// <param name="SupervisedTokens">How many of the text's tokens are predicted; only these pass through the head.</param>
/// <param name="Recompute">Whether the plan is made for layers that are computed again in the backward pass.</param>
public sealed record TrainingWorkload(
    TensorType Type, int Batch = 1, int ImageTokens = 579, int TextTokens = 128, int SupervisedTokens = 64, bool Recompute = false)
{
    /// <summary>The tensor library that trains.</summary>
    public LibraryTraits Library { get; init; } = LibraryTraits.Installed;

    /// <summary>Squares of a picture that pass through the tower: 1, and its tiles where it is cut into such.</summary>
    public int Squares { get; init; } = 1;

    /// <summary>Positions of one sequence.</summary>
    public int Positions => ImageTokens + TextTokens;

    /// <summary>One sample: a picture with its text.</summary>
    public WorkCounts Counts => new(Positions, (double)Positions * Positions, SupervisedTokens, Squares);

    /// <summary>Bytes of one number.</summary>
    internal int Size => Type.ByteSize();

    internal bool Half => Size < 4;

    /// <exception cref="GraftException">Usage, naming the value.</exception>
    public TrainingWorkload Validate()
    {
        Fault.IfOutside(Batch, 1, 65_536, "--batch");
        Fault.IfOutside(ImageTokens, 0, 1 << 20, "--image-tokens");
        Fault.IfOutside(TextTokens, 1, 1 << 20, "--text-tokens");
        Fault.IfOutside(Squares, 1, 1 << 10, nameof(Squares));
        Fault.IfOutside(SupervisedTokens, 1, TextTokens, "--supervised-tokens");
        return this;
    }
}
