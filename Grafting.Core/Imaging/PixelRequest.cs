using Grafting.Core.Checkpoints;

namespace Grafting.Core.Imaging;

/// <summary>Pictures to be prepared as a tower reads them.</summary>
/// <param name="Paths">Of the picture files; at least one.</param>
/// <param name="Output">The safetensors file to be written.</param>
/// <param name="Pictures">A folder that receives every square as a PNG file, too; null: none does.</param>
public sealed record PixelRequest(IReadOnlyList<string> Paths, PreprocessorConfig Preprocessing, string Output, string? Pictures = null)
{
    public ImageLimits Limits { get; init; } = ImageLimits.Default;

    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Usage"/>, naming the value.</exception>
    public PixelRequest Validate()
    {
        if (Paths.Count == 0) throw Fault.Usage("No picture was named; at least one was expected.", "Name the picture files.");
        Preprocessing.Validate();
        Limits.Validate();
        return this;
    }
}

/// <summary>What became of one picture.</summary>
/// <param name="Name">As it was asked for.</param>
/// <param name="Sha256">Of the file, lower-case hex.</param>
/// <param name="Stored">What the file's header says.</param>
/// <param name="Width">As it was read: upright, unless orientation is ignored.</param>
/// <param name="Height">As it was read: upright, unless orientation is ignored.</param>
/// <param name="Grid">Tiles, rows x columns; null for a picture that is read as one square.</param>
/// <param name="Squares">The whole picture and its tiles.</param>
public sealed record PixelPicture(string Name, string Sha256, PictureInfo Stored, int Width, int Height, string? Grid, int Squares);

/// <summary>What <see cref="PixelFile.Write"/> made.</summary>
/// <param name="Shape">Of the tensor <c>pixel_values</c>.</param>
public sealed record PixelReport(
    FileStamp File, IReadOnlyList<long> Shape, IReadOnlyList<PixelPicture> Pictures, IReadOnlyList<CodecInfo> Codecs);
