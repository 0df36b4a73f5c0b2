using System.Collections.Concurrent;
using Grafting.Core.Imaging;

namespace Grafting.Core.Data;

/// <summary>
/// Loads pictures as the vision tower reads them, and keeps the 8-bit squares of the first ones in memory. Samples come round once
/// per epoch, so replacing kept pictures by newer ones would only lose them before they are needed again. Safe for concurrent use.
/// </summary>
/// <param name="maxBytes">Memory for kept pictures.</param>
public sealed class PictureCache(ImagePreprocessor preprocessor, long maxBytes = 512L << 20, ImageLimits? limits = null)
{
    readonly ConcurrentDictionary<string, CutPicture> _kept = new(StringComparer.Ordinal);
    long _bytes;

    /// <summary>Memory that kept pictures take.</summary>
    public long KeptBytes => Interlocked.Read(ref _bytes);

    /// <param name="address">Of the picture in its store.</param>
    /// <param name="store">Null: a file.</param>
    /// <returns>Pixels of its own, which the caller may change.</returns>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>: the picture cannot be read.</exception>
    public PreparedPicture Load(string address, PictureStore? store = null)
    {
        if (!_kept.TryGetValue(address, out var picture))
        {
            picture = preprocessor.Cut((store ?? PictureStore.Files).Load(address, limits, preprocessor.Orientation));
            if (Interlocked.Add(ref _bytes, picture.Bytes) > maxBytes || !_kept.TryAdd(address, picture))
                Interlocked.Add(ref _bytes, -picture.Bytes);
        }
        return preprocessor.Normalise(picture);
    }
}
