namespace Grafting.Core.Imaging;

/// <summary>What a picture may be before any of it is decoded; beyond it the file is refused.</summary>
/// <param name="MaxFileBytes">Size of the file.</param>
/// <param name="MaxPixels">Width · height; the default is Pillow's warning threshold.</param>
/// <param name="MaxSide">Longest side: a single huge dimension is enough to exhaust a decoder.</param>
public sealed record ImageLimits(long MaxFileBytes = 64L << 20, long MaxPixels = 89_478_485, int MaxSide = 65_535)
{
    public static ImageLimits Default { get; } = new();

    public ImageLimits Validate()
    {
        Fault.IfOutside(MaxFileBytes, 1, int.MaxValue);
        // Three bytes per pixel have to fit into one array.
        Fault.IfOutside(MaxPixels, 1, Array.MaxLength / 3);
        Fault.IfOutside(MaxSide, 1, 1 << 20);
        return this;
    }
}
