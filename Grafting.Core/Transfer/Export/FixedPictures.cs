using Grafting.Core.Imaging;
using Grafting.Core.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Transfer.Export;

/// <summary>
/// Three pictures that are the same everywhere: a gradient that lies, one of noise that stands, and a small board of colours.
/// </summary>
static class FixedPictures
{
    public static IReadOnlyList<RgbImage> All { get; } = [Gradient(64, 48), Noise(45, 80), Board(32)];

    /// <returns>[3, 3, side, side] in float32: the three pictures, preprocessed.</returns>
    public static Tensor Pixels(PreprocessorConfig preprocessing)
    {
        var preprocessor = new ImagePreprocessor(preprocessing);
        float[] values = [.. All.SelectMany(preprocessor.Process)];
        return torch.tensor(values).view(All.Count, 3, preprocessing.ImageSize, preprocessing.ImageSize);
    }

    static RgbImage Gradient(int width, int height) =>
        Paint(width, height, (x, y) => ((byte)(255 * x / width), (byte)(255 * y / height), (byte)(128 + (x - y))));

    static RgbImage Noise(int width, int height)
    {
        var random = new DeterministicRandom(1);
        return Paint(width, height, (_, _) => ((byte)random.NextInt(256), (byte)random.NextInt(256), (byte)random.NextInt(256)));
    }

    static RgbImage Board(int side) =>
        Paint(side, side, (x, y) => ((x / 8) + (y / 8)) % 2 == 0 ? ((byte)220, (byte)30, (byte)40) : ((byte)20, (byte)60, (byte)200));

    static RgbImage Paint(int width, int height, Func<int, int, (byte Red, byte Green, byte Blue)> colour)
    {
        var pixels = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var at = 3 * ((y * width) + x);
                (pixels[at], pixels[at + 1], pixels[at + 2]) = colour(x, y);
            }
        }
        return new RgbImage(width, height, pixels);
    }
}
