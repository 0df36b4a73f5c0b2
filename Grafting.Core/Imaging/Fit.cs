namespace Grafting.Core.Imaging;

/// <summary>How a picture of any shape becomes a square.</summary>
public enum Fit
{
    /// <summary>Shortest edge to size, then the middle (CLIP).</summary>
    CentreCrop,

    /// <summary>Onto a square of the mean colour, then as CentreCrop: nothing is cut off (LLaVA).</summary>
    PadToSquare,

    /// <summary>Both edges to size, whatever the proportions (SigLIP).</summary>
    Stretch,
}
