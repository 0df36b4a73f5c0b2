namespace Grafting.Core.Imaging;

/// <summary>Interpolation, with the numbers that Pillow and <c>preprocessor_config.json</c> give them.</summary>
public enum ResampleFilter
{
    Nearest = 0,
    Lanczos = 1,
    Bilinear = 2,
    Bicubic = 3,
    Box = 4,
    Hamming = 5,
}
