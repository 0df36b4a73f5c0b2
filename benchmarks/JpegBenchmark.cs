using Grafting.Core.Imaging;
using Grafting.Core.Imaging.Codecs.Jpeg;

namespace Grafting.Benchmarks;

/// <summary>
/// Megapixels per second on one core: our JPEG decoder beside that of the provider, libjpeg-turbo with <c>system</c> and ours again
/// with <c>torchsharp</c>.
/// </summary>
static class JpegBenchmark
{
    const int Turns = 9;

    public static void Run(IReadOnlyList<string> files)
    {
        var codecs = ImageReader.Codecs().Select(codec => $"{codec.Name} {codec.Version}");
        Console.WriteLine($"{string.Join(", ", codecs)}; .NET {Environment.Version}");
        foreach (var path in files) Run(path);
    }

    static void Run(string path)
    {
        var file = ImageReader.ReadFile(path);
        var info = ImageReader.Inspect(file, path);
        byte[] Ours() => JpegDecoder.Decode(file, info.Width, info.Height);
        byte[] Theirs() => ImageReader.Decode(file, path, orientation: ExifOrientation.Ignore).Pixels;

        if (!Ours().AsSpan().SequenceEqual(Theirs())) Console.WriteLine("the two do not give the same pixels");
        Stopwatches.Warm(() => Ours());
        var (ours, theirs) = Stopwatches.Race(Turns, () => Ours(), () => Theirs());
        double megapixels = info.Width * (double)info.Height / 1e6;
        Console.WriteLine(
            $"{Path.GetFileName(path),-30} {info.Width,5} x {info.Height,-5} {megapixels / ours,6:0} Mpixel/s, "
            + $"the provider's {megapixels / theirs,6:0} Mpixel/s; {theirs / ours:0.00} times as fast");
    }
}
