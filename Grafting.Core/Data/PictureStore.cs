using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;

namespace Grafting.Core.Data;

/// <summary>Where the pictures of samples are read from. Safe for concurrent use.</summary>
public abstract class PictureStore
{
    /// <summary>Pictures that are files of their own; their addresses are full paths.</summary>
    public static PictureStore Files { get; } = new FileStore();

    /// <param name="address">As a sample names it; unique within the store.</param>
    /// <returns>The encoded picture; larger than the limit only where it was in memory already, which decoding refuses.</returns>
    /// <exception cref="GraftException">Input: it is not there, or larger than the limit.</exception>
    public abstract ReadOnlyMemory<byte> Read(string address, ImageLimits limits);

    /// <param name="orientation">What becomes of a turned picture.</param>
    /// <returns>Its pixels.</returns>
    /// <exception cref="GraftException">Input: it is not there, not a picture, too large or damaged.</exception>
    public RgbImage Load(string address, ImageLimits? limits = null, ExifOrientation orientation = ExifOrientation.Apply)
    {
        limits = (limits ?? ImageLimits.Default).Validate();
        return ImageReader.Decode(Read(address, limits), address, limits, orientation);
    }

    sealed class FileStore : PictureStore
    {
        public override ReadOnlyMemory<byte> Read(string address, ImageLimits limits) =>
            RegularFile.ReadAll(address, (int)limits.MaxFileBytes);
    }
}
