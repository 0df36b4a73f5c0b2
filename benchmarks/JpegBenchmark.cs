using Grafting.Core.Imaging;
using Grafting.Core.Imaging.Codecs.Jpeg;

namespace Grafting.Benchmarks;

/// <summary>Megapixels per second on one core: our JPEG decoder beside that of the provider, which is libjpeg-turbo with 'system' and ours with 'torchsharp'.</summary>
static class JpegBenchmark
{
    const int Turns = 9;

    public static void Run(IReadOnlyList<string> files)
    {
        Console.WriteLine($"{string.Join(", ", ImageReader.Codecs().Select(codec => $"{codec.Name} {codec.Version}"))}; .NET {Environment.Version}");
        foreach (var path in files)
        {
            var file = ImageReader.ReadFile(path);
            var info = ImageReader.Inspect(file, path);
            var theirPixels = ImageReader.Decode(file, path, orientation: ExifOrientation.Ignore).Pixels;
            if (!JpegDecoder.Decode(file, info.Width, info.Height).AsSpan().SequenceEqual(theirPixels)) Console.WriteLine("the two do not give the same pixels");
            var (ours, theirs) = Stopwatches.Race(
                Turns, () => JpegDecoder.Decode(file, info.Width, info.Height), () => ImageReader.Decode(file, path, orientation: ExifOrientation.Ignore));
            double megapixels = info.Width * (double)info.Height / 1e6;
            Console.WriteLine(
                $"{Path.GetFileName(path),-30} {info.Width,5} x {info.Height,-5} {megapixels / ours,6:0} Mpixel/s, the provider's {megapixels / theirs,6:0}; {theirs / ours:0.00} times as fast");
        }
    }
}
