namespace Grafting.Core.Imaging;

/// <summary>An 8-bit picture: rows from top to bottom, pixels from left to right, three bytes (red, green, blue) per pixel.</summary>
public sealed class RgbImage
{
    /// <param name="pixels">Exactly 3 · width · height bytes; kept, not copied.</param>
    public RgbImage(int width, int height, byte[] pixels)
    {
        Fault.IfOutside(width, 1, int.MaxValue);
        Fault.IfOutside(height, 1, int.MaxValue);
        if (pixels.LongLength != 3L * width * height)
            throw Fault.Usage($"{width} x {height} pixels need {3L * width * height} bytes; {pixels.LongLength} were given.");
        (Width, Height, Pixels) = (width, height, pixels);
    }

    public int Width { get; }

    public int Height { get; }

    public byte[] Pixels { get; }

    public Span<byte> Row(int y) => Pixels.AsSpan(3 * Width * y, 3 * Width);
}
