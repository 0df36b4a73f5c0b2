using Grafting.Core.Imaging;

namespace Grafting.Benchmarks;

/// <summary>
/// Pictures per second, from file to the square of 336 pixels that CLIP's tower reads: on one core beside a plain way to resize, and on all.
/// </summary>
static class PictureBenchmark
{
    const int Size = 336;
    const int Turns = 7;
    const int Batch = 256;

    public static void Run(IReadOnlyList<string> files)
    {
        var preprocessor = new ImagePreprocessor(PreprocessorConfig.Clip(Size));
        Console.WriteLine(
            $"{string.Join(", ", ImageReader.Codecs().Select(codec => $"{codec.Name} {codec.Version}"))}; .NET {Environment.Version}, {Environment.ProcessorCount} cores");
        foreach (var path in files)
        {
            var file = ImageReader.ReadFile(path);
            var image = ImageReader.Decode(file, path);
            var (width, height) = image.Width < image.Height
                ? (Size, Size * image.Height / image.Width)
                : (Size * image.Width / image.Height, Size);
            Console.WriteLine($"{path}: {image.Width} x {image.Height}");

            Stopwatches.Warm(Decode);
            Stopwatches.Warm(Ours);
            Stopwatches.Warm(Plain);
            var (decode, _) = Stopwatches.Race(Turns, Decode, Decode);
            var (ours, theirs) = Stopwatches.Race(Turns, Ours, Plain);
            Console.WriteLine(
                $"  decode {1e3 * decode:0.00} ms; resize {1e3 * ours:0.00} ms, the plain way {1e3 * theirs:0.00} ms: "
                    + $"{theirs / ours:0.0} times as fast");

            (ours, theirs) = Stopwatches.Race(
                Turns,
                () => preprocessor.Prepare(ImageReader.Decode(file, path)),
                () => PlainResize.Resize(ImageReader.Decode(file, path), width, height));
            var all = Stopwatches.Seconds(() => Parallel.For(0, Batch, _ => preprocessor.Prepare(ImageReader.Decode(file, path))));
            Console.WriteLine(
                $"  decode, resize, normalise: {1 / ours:0} pictures/s on one core, {Batch / all:0} on all; the plain way "
                    + $"{1 / theirs:0} on one");

            void Decode() => ImageReader.Decode(file, path);
            void Ours() => Resampler.Resize(image, width, height, ResampleFilter.Bicubic);
            void Plain() => PlainResize.Resize(image, width, height);
        }
    }
}
