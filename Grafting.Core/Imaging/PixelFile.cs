using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Grafting.Core.Checkpoints;

namespace Grafting.Core.Imaging;

/// <summary>
/// Writes pictures as a tower reads them into a safetensors file, with the names that Hugging Face's processors use:
/// <c>pixel_values</c> float32 [n, 3, S, S], the same before it became numbers as <c>pixels</c> uint8, and, where pictures are cut into
/// tiles, [n, t, 3, S, S] with zeros behind the squares of a picture that has fewer than another, and <c>image_sizes</c> int64 [n, 2]
/// (height, width).
/// </summary>
public static class PixelFile
{
    /// <summary>Squares that are kept between the two tensors; those beyond are made again.</summary>
    const long KeptBytes = 512L << 20;

    static readonly JsonSerializerOptions s_format = new(JsonSerializerDefaults.Web);

    /// <summary>
    /// Reads all pictures before anything is written, on as many threads as there are cores; the result does not depend on their number.
    /// </summary>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>, naming the first picture that cannot be read.</exception>
    public static PixelReport Write(PixelRequest request)
    {
        request.Validate();
        var preprocessor = new ImagePreprocessor(request.Preprocessing);
        var pictures = new PixelPicture[request.Paths.Count];
        var kept = new CutPicture?[pictures.Length];
        var faults = new GraftException?[pictures.Length];
        long bytes = 0;
        Parallel.For(0, pictures.Length, i =>
        {
            try
            {
                var (picture, cut) = Read(request, preprocessor, request.Paths[i]);
                pictures[i] = picture;
                if (Interlocked.Add(ref bytes, cut.Bytes) <= KeptBytes) kept[i] = cut;
            }
            catch (GraftException fault)
            {
                faults[i] = fault;
            }
        });
        if (Array.Find(faults, fault => fault is not null) is { } first) throw first;

        CutPicture Cut(int i)
        {
            if (kept[i] is { } cut) return cut;
            var (again, anew) = Read(request, preprocessor, request.Paths[i]);
            return again == pictures[i]
                ? anew
                : throw Fault.Input($"{request.Paths[i]}: changed while it was being read.", "Let no other program write to it.");
        }

        if (request.Pictures is { } folder) WritePngs(folder, pictures, Cut);
        int size = request.Preprocessing.ImageSize, most = pictures.Max(picture => picture.Squares);
        bool tiled = request.Preprocessing.Tiling is not null;
        long[] shape = tiled ? [pictures.Length, most, 3, size, size] : [pictures.Length, 3, size, size];
        var empty = new byte[3 * size * size];
        List<TensorSource> tensors =
        [
            new("pixel_values", TensorType.F32, shape, stream => ForEachPlane(Cut, pictures, most, square =>
                stream.Write(
                    square is null
                        ? new byte[sizeof(float) * empty.Length]
                        : MemoryMarshal.AsBytes(preprocessor.Normalise(square).AsSpan())))),
            new(
                "pixels", TensorType.U8, shape,
                stream => ForEachPlane(Cut, pictures, most, square => stream.Write(square is null ? empty : Planar(square)))),
        ];
        if (tiled)
        {
            long[] sizes = [.. pictures.SelectMany(picture => new long[] { picture.Height, picture.Width })];
            tensors.Add(
                TensorSource.FromBytes(
                    "image_sizes", TensorType.I64, [pictures.Length, 2], MemoryMarshal.AsBytes(sizes.AsSpan()).ToArray()));
        }
        var codecs = ImageReader.Codecs();
        var stamp = SafetensorsWriter.Write(request.Output, tensors, Metadata(request, pictures, codecs));
        return new PixelReport(stamp, shape, pictures, codecs);
    }

    static (PixelPicture Picture, CutPicture Cut) Read(PixelRequest request, ImagePreprocessor preprocessor, string path)
    {
        var file = ImageReader.ReadFile(path, request.Limits);
        var info = ImageReader.Inspect(file, path, request.Limits);
        var image = ImageReader.Decode(file, path, request.Limits, preprocessor.Orientation);
        var cut = preprocessor.Cut(image);
        var grid = cut.Layout.IsTiled ? cut.Layout.Grid.ToString() : null;
        return (
            new PixelPicture(
                path, Convert.ToHexStringLower(SHA256.HashData(file)), info, image.Width, image.Height, grid, cut.Squares.Count),
            cut);
    }

    /// <param name="write">Receives every square in turn, and null for each that a picture has fewer than another.</param>
    static void ForEachPlane(Func<int, CutPicture> cut, PixelPicture[] pictures, int most, Action<RgbImage?> write)
    {
        for (int i = 0; i < pictures.Length; i++)
        {
            var squares = cut(i).Squares;
            for (int k = 0; k < most; k++) write(k < squares.Count ? squares[k] : null);
        }
    }

    /// <summary>The red plane, the green one, the blue one.</summary>
    static byte[] Planar(RgbImage square)
    {
        int plane = square.Width * square.Height;
        var planar = new byte[3 * plane];
        for (int channel = 0; channel < 3; channel++)
            for (int i = 0; i < plane; i++) planar[plane * channel + i] = square.Pixels[3 * i + channel];
        return planar;
    }

    /// <summary>All that it takes to make the same file again, and to see by which code it was made.</summary>
    static Dictionary<string, string> Metadata(PixelRequest request, PixelPicture[] pictures, IReadOnlyList<CodecInfo> codecs)
    {
        var settings = request.Preprocessing.ToJson();
        settings[PreprocessorJson.OrientationKey] = PreprocessorJson.Name(request.Preprocessing.Orientation);
        return new()
        {
            ["format"] = "pt",
            ["pictures"] = JsonSerializer.Serialize(pictures, s_format),
            ["preprocessor"] = settings.ToJsonString(),
            ["codecs"] = JsonSerializer.Serialize(codecs.Select(codec => new { codec.Name, codec.Version }), s_format),
        };
    }

    static void WritePngs(string folder, PixelPicture[] pictures, Func<int, CutPicture> cut)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Fault.Resources($"{folder}: the folder cannot be made: {error.Message}", "Name another folder.", error);
        }
        int digits = pictures.Length.ToString(CultureInfo.InvariantCulture).Length;
        for (int i = 0; i < pictures.Length; i++)
        {
            var squares = cut(i).Squares;
            for (int k = 0; k < squares.Count; k++)
            {
                // Numbered, as two pictures of the same name may come from different folders.
                string number = (i + 1).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0'), tile = k == 0 ? "" : $"-tile{k}";
                var file = PngWriter.Encode(squares[k]);
                var name = $"{number}-{Path.GetFileNameWithoutExtension(pictures[i].Name)}{tile}.png";
                AtomicFile.Write(Path.Combine(folder, name), stream => stream.Write(file));
            }
        }
    }
}
