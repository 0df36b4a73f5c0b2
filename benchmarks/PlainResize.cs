using Grafting.Core.Imaging;

namespace Grafting.Benchmarks;

/// <summary>
/// The baseline: bicubic resizing as one writes it at first, number by number in double precision; its pixels may differ by a level.
/// </summary>
static class PlainResize
{
    public static RgbImage Resize(RgbImage image, int width, int height)
    {
        var narrow = new byte[3 * width * image.Height];
        for (var y = 0; y < image.Height; y++)
            for (var x = 0; x < width; x++)
                for (var channel = 0; channel < 3; channel++)
                    narrow[3 * (y * width + x) + channel] = Level(
                        x, image.Width, width, at => image.Pixels[3 * (y * image.Width + at) + channel]);
        var pixels = new byte[3 * width * height];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                for (var channel = 0; channel < 3; channel++)
                    pixels[3 * (y * width + x) + channel] = Level(y, image.Height, height, at => narrow[3 * (at * width + x) + channel]);
        return new RgbImage(width, height, pixels);
    }

    static byte Level(int output, int from, int to, Func<int, byte> source)
    {
        var scale = (double)from / to;
        var stretch = Math.Max(scale, 1);
        var center = (output + 0.5) * scale;
        var (first, end) = (Math.Max((int)(center - 2 * stretch + 0.5), 0), Math.Min((int)(center + 2 * stretch + 0.5), from));
        var (sum, weights) = (0.0, 0.0);
        for (var at = first; at < end; at++)
        {
            var weight = Bicubic((at - center + 0.5) / stretch);
            sum += weight * source(at);
            weights += weight;
        }
        return (byte)Math.Clamp(Math.Round(sum / weights), 0, 255);
    }

    static double Bicubic(double x) => Math.Abs(x) switch
    {
        < 1 and var near => (1.5 * near - 2.5) * near * near + 1,
        < 2 and var far => ((-0.5 * far + 2.5) * far - 4) * far + 2,
        _ => 0,
    };
}
