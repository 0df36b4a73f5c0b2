namespace Grafting.Core.Models;

/// <summary>Sizes of a tower that others build on.</summary>
/// <param name="Width">Features per token.</param>
/// <param name="FeedForwardWidth">Inner width of the feed-forward parts.</param>
/// <param name="ImageSize">Side of the square pictures, in pixels.</param>
/// <param name="PatchSize">
/// Side of a patch, in pixels; where it does not divide the picture, the rest at the right and at the bottom is not seen.
/// </param>
/// <param name="ClassTokens">Tokens before the patches that a feature path may keep: 1 with a class token, else 0.</param>
/// <param name="Registers">Further tokens before the patches, which never leave the tower.</param>
/// <param name="Gated">Whether the feed-forward parts are gated, with three matrices instead of two.</param>
public sealed record TowerShape(
    int Width, int FeedForwardWidth, int Layers, int Heads, int ImageSize, int PatchSize, int ClassTokens = 1, int Registers = 0,
    bool Gated = false)
{
    /// <summary>RGB.</summary>
    public const int Channels = 3;

    /// <summary>Patches in one row of a picture.</summary>
    public int PatchesPerSide => ImageSize / PatchSize;

    /// <summary>Patches of one picture.</summary>
    public int Patches => PatchesPerSide * PatchesPerSide;

    /// <summary>Tokens that leave the tower where the class token stays.</summary>
    public int Features => Patches + ClassTokens;

    /// <summary>Tokens that pass through the blocks.</summary>
    public int Tokens => Patches + ClassTokens + Registers;

    /// <exception cref="GraftException">Of kind Usage, naming the value.</exception>
    public TowerShape Validate()
    {
        Fault.IfOutside(Width, 1, 1 << 16);
        Fault.IfOutside(FeedForwardWidth, 1, 1 << 20);
        Fault.IfOutside(Layers, 1, 1024);
        Fault.IfOutside(Heads, 1, 1024);
        Fault.IfOutside(ImageSize, 1, 1 << 14);
        Fault.IfOutside(PatchSize, 1, ImageSize);
        Fault.IfOutside(Registers, 0, 1024);
        if (Width % Heads != 0) throw Fault.Usage($"The tower's width {Width} cannot be shared by {Heads} heads evenly.");
        return this;
    }
}
