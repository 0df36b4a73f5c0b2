using System.Text.Json.Nodes;

namespace Grafting.Core.Imaging;

/// <summary>What a vision tower expects of its input, as <c>preprocessor_config.json</c> states it.</summary>
public sealed record PreprocessorConfig
{
    /// <summary>Side of the square that the tower reads, in pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>
    /// Side to which the shortest edge, or where <see cref="Fit"/> is Stretch both, are resized before the middle is cut out; at least
    /// <see cref="ImageSize"/>.
    /// </summary>
    public int ShortestEdge { get => field == 0 ? ImageSize : field; init; }

    public Fit Fit { get; init; } = Fit.CentreCrop;

    public ResampleFilter Filter { get; init; } = ResampleFilter.Bicubic;

    /// <summary>
    /// Whether pictures are resized; if not, the middle is cut out of them as they are, with black around what is smaller.
    /// </summary>
    public bool Resize { get; init; } = true;

    /// <summary>
    /// What is done with pictures whose camera was turned; kept in the file under a key of our own, <c>exif_orientation</c>, unless it is
    /// Apply.
    /// </summary>
    public ExifOrientation Orientation { get; init; } = ExifOrientation.Apply;

    /// <summary>Turns bytes into the range that Mean and Std refer to.</summary>
    public double RescaleFactor { get; init; } = 1.0 / 255;

    /// <summary>
    /// Whether the mean is subtracted and the deviation divided by; the colour of the mean lies around padded pictures in either case.
    /// </summary>
    public bool Normalise { get; init; } = true;

    /// <summary>Subtracted per channel after rescaling.</summary>
    public required IReadOnlyList<double> Mean { get; init; }

    /// <summary>Divided by per channel, after the mean is subtracted.</summary>
    public required IReadOnlyList<double> Std { get; init; }

    /// <summary>How a picture is cut into tiles beside being read whole; null: it is not.</summary>
    /// <remarks>
    /// A file of LLaVA-NeXT's processor states the grids (<c>image_grid_pinpoints</c>, in pixels); how features of tiles are read is not in
    /// it. Training takes the recipe's tiling in its place, and a bundle its own.
    /// </remarks>
    public Tiling? Tiling { get; init; }

    /// <summary>OpenAI CLIP's numbers, for any size of square.</summary>
    public static PreprocessorConfig Clip(int size) => new()
    {
        ImageSize = size,
        Mean = [0.48145466, 0.4578275, 0.40821073],
        Std = [0.26862954, 0.26130258, 0.27577711],
    };

    /// <param name="folderOrFile">
    /// A checkpoint folder, or one of its files: <c>preprocessor_config.json</c>, or the newer <c>processor_config.json</c> that nests it.
    /// A folder with both must say the same in both.
    /// </param>
    /// <exception cref="GraftException">
    /// Of kind <see cref="ErrorKind.Input"/>: missing, unreadable, or asking for something that is not implemented.
    /// </exception>
    public static PreprocessorConfig Read(string folderOrFile) => PreprocessorJson.Read(folderOrFile);

    /// <summary>As <see cref="Read"/>; null where a folder has neither of the files.</summary>
    public static PreprocessorConfig? Find(string folder) => PreprocessorJson.IsIn(folder) ? Read(folder) : null;

    /// <summary>The same with pictures made square otherwise; stretching leaves no margin to cut off.</summary>
    public PreprocessorConfig Fitted(Fit fit) =>
        fit == Fit ? this : this with { Fit = fit, ShortestEdge = fit == Fit.Stretch ? ImageSize : ShortestEdge };

    /// <summary>The same for another side of the square; the margin that is cut off keeps its share.</summary>
    public PreprocessorConfig Resized(int imageSize) => this with
    {
        ImageSize = imageSize,
        ShortestEdge = (int)Math.Round((double)ShortestEdge * imageSize / ImageSize),
    };

    /// <summary>The form that Hugging Face tools read.</summary>
    public JsonObject ToJson() => PreprocessorJson.Write(this);

    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Usage"/>, naming the value.</exception>
    public PreprocessorConfig Validate()
    {
        Fault.IfOutside(ImageSize, 1, 8192);
        Fault.IfOutside(ShortestEdge, ImageSize, 8192);
        Fault.IfOutside(RescaleFactor, 1e-6, 1);
        Fault.IfOutside(Mean.Count, 3, 3);
        Fault.IfOutside(Std.Count, 3, 3);
        foreach (double mean in Mean) Fault.IfOutside(mean, -255, 255);
        foreach (double std in Std) Fault.IfOutside(std, 1e-6, 255);
        Tiling?.Validate();
        return this;
    }

    public bool Equals(PreprocessorConfig? other) =>
        other is not null && (ImageSize, ShortestEdge, Fit, Filter, Resize, Orientation, RescaleFactor, Normalise, Tiling)
            == (
                other.ImageSize, other.ShortestEdge, other.Fit, other.Filter, other.Resize, other.Orientation, other.RescaleFactor,
                other.Normalise, other.Tiling)
        && Mean.SequenceEqual(other.Mean) && Std.SequenceEqual(other.Std);

    public override int GetHashCode() => HashCode.Combine(ImageSize, ShortestEdge, Fit, Filter, RescaleFactor, Mean[0], Std[0]);
}
