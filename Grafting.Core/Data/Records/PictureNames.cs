using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Grafting.Core.Data.Records;

/// <param name="Address">For <see cref="PictureStore.Read"/>; null when it cannot be used.</param>
/// <param name="Group">See <see cref="Sample.Group"/>; null where the data give the picture no name.</param>
readonly record struct FoundPicture(string? Address, string? Group, BadSampleReason Reason, string Detail)
{
    public static FoundPicture At(string address, string? group) => new(address, group, default, "");

    public static FoundPicture Bad(BadSampleReason reason, string detail) => new(null, null, reason, detail);
}

/// <summary>Finds the pictures that records name.</summary>
abstract class PictureNames(PictureStore store)
{
    public PictureStore Store { get; } = store;

    /// <param name="number">Place among the pictures of the record, from 0.</param>
    public abstract FoundPicture Find(string name, int number);
}

/// <summary>
/// Pictures named by paths inside a folder, <c>file://</c> addresses that lead there, or <c>data:</c> addresses that hold them.
/// </summary>
/// <param name="folder">Full path of the folder that names start from.</param>
/// <param name="record">Address of the record, for pictures that it holds; null refuses them.</param>
sealed partial class FolderPictures(
    string folder, PictureStore? store = null, string? record = null) : PictureNames(store ?? PictureStore.Files)
{
    public override FoundPicture Find(string name, int number)
    {
        if (name.StartsWith("data:", StringComparison.OrdinalIgnoreCase)) return Held(name, number);
        var path = name;
        if (name.StartsWith("file://", StringComparison.OrdinalIgnoreCase))
        {
            if (!Uri.TryCreate(name, UriKind.Absolute, out var uri) || uri.Host is not ("" or "localhost"))
                return FoundPicture.Bad(
                    BadSampleReason.PictureOutside, $"its picture {Printable.Quote(name)} is not an address of this machine");
            path = Uri.UnescapeDataString(uri.AbsolutePath);
        }
        else if (Scheme().IsMatch(name))
        {
            return FoundPicture.Bad(
                BadSampleReason.PictureOutside,
                $"its picture {Printable.Quote(name)} is not on this machine, and nothing is fetched; put it into the images folder");
        }
        return Inside(path) is { } full
            ? FoundPicture.At(full, name)
            : FoundPicture.Bad(BadSampleReason.PictureOutside, $"its picture {Printable.Quote(name)} lies outside {folder}");
    }

    FoundPicture Held(string uri, int number)
    {
        if (record is null) return FoundPicture.Bad(BadSampleReason.Malformed, "holds a picture, which cannot be read here");
        if (DataUri.Fault(uri) is { } fault) return FoundPicture.Bad(BadSampleReason.Malformed, $"its picture {number + 1} {fault}");
        // Questions about one picture are one group also where the picture stands in each of them.
        return FoundPicture.At($"{record}#{number}", $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(uri)))}");
    }

    string? Inside(string image)
    {
        if (image.Length == 0 || image.Contains('\0')) return null;
        var path = Path.GetFullPath(image, folder);
        var start = Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar;
        return path.StartsWith(start, StringComparison.Ordinal) ? path : null;
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9+.-]*://", RegexOptions.CultureInvariant)]
    private static partial Regex Scheme();
}
