using Grafting.Core.Data;
using Grafting.Core.Imaging;

namespace Grafting.Core.Reporting.Preview;

/// <summary>Reads the pictures of samples, each once, and says which cannot be read and which show nothing.</summary>
sealed class PictureCheck(Findings found)
{
    /// <summary>Levels within which all pixels of a blank picture lie.</summary>
    const int BlankRange = 2;

    /// <summary>What is wrong with a picture; null: nothing.</summary>
    readonly Dictionary<(PictureStore Store, string Address), (PreviewWarningKind Kind, string Detail)?> _known = [];

    /// <summary>Pictures that were read.</summary>
    public int Count => _known.Count;

    /// <param name="keep">Whether the picture is wanted, also when it is known.</param>
    /// <returns>The picture, where it had to be read and could be.</returns>
    public RgbImage? Look(Sample sample, string address, bool keep)
    {
        RgbImage? image = null;
        var key = (sample.Store, address);
        if (keep || !_known.ContainsKey(key)) (image, _known[key]) = Read(sample, address);
        if (_known[key] is { } wrong) found.Add(wrong.Kind, sample.Id, wrong.Detail);
        return image;
    }

    static (RgbImage?, (PreviewWarningKind, string)?) Read(Sample sample, string address)
    {
        try
        {
            var image = sample.Store.Load(address);
            return (image, IsBlank(image) ? (PreviewWarningKind.BlankPicture, $"{address} is of one colour") : null);
        }
        catch (GraftException fault)
        {
            return (null, (PreviewWarningKind.DamagedPicture, fault.Message));
        }
    }

    static bool IsBlank(RgbImage image)
    {
        for (var channel = 0; channel < 3; channel++)
        {
            var (low, high) = (255, 0);
            for (var i = channel; i < image.Pixels.Length; i += 3)
            {
                (low, high) = (Math.Min(low, image.Pixels[i]), Math.Max(high, image.Pixels[i]));
                if (high - low > BlankRange) return false;
            }
        }
        return true;
    }
}
