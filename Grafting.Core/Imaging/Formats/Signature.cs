using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Grafting.Core.Imaging.Formats;

/// <summary>Recognises a format by its first bytes, and says in words what a file is instead when it is no picture.</summary>
static class Signature
{
    const string UseAnother = "Use a JPEG, PNG, WebP, GIF or BMP file.";
    const string FetchAgain = "The download seems to have failed; fetch the file again.";

    public static ImageFormat? Recognise(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF])) return ImageFormat.Jpeg;
        if (file.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A])) return ImageFormat.Png;
        if (file.StartsWith("RIFF"u8) && At(file, 8).StartsWith("WEBP"u8)) return ImageFormat.WebP;
        if (file.StartsWith("GIF87a"u8) || file.StartsWith("GIF89a"u8)) return ImageFormat.Gif;
        if (file.StartsWith("BM"u8) && file.Length >= 18 && At(file, 15).StartsWith("\0\0\0"u8)) return ImageFormat.Bmp;
        return null;
    }

    /// <summary>What an unrecognised file is ("is HTML text, not a picture"), and what to do about it.</summary>
    public static (string Finding, string Remedy) Explain(ReadOnlySpan<byte> file)
    {
        if (file.IsEmpty) return ("is empty (0 bytes)", FetchAgain);
        if (file.StartsWith("version https://git-lfs"u8))
            return ("is a Git LFS pointer, not the picture itself", "Run 'git lfs pull' where it came from.");
        if (OtherPicture(file) is { } format) return ($"is a {format} picture, which is not supported", "Convert it to JPEG, PNG or WebP.");
        if (OtherBinary(file) is { } kind) return ($"is {kind}, not a picture", UseAnother);
        if (Text(file) is { } text) return ($"is {text} text, not a picture", text == "HTML" ? FetchAgain : UseAnother);
        if (file[..Math.Min(file.Length, 4096)].IndexOfAnyExcept((byte)0) < 0) return ("is filled with zeros, not a picture", FetchAgain);
        var start = string.Join(
            ' ', file[..Math.Min(file.Length, 8)].ToArray().Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));
        return ($"is not a picture of a known format (it starts with {start})", UseAnother);
    }

    static string? OtherPicture(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith("II*\0"u8) || file.StartsWith("MM\0*"u8)) return "TIFF";
        if (file.StartsWith("8BPS"u8)) return "Photoshop";
        if (file.StartsWith("\0\0\u0001\0"u8)) return "Windows icon";
        if (file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x0A]) || At(file, 4).StartsWith("JXL "u8)) return "JPEG XL";
        if (At(file, 4).StartsWith("jP  "u8)) return "JPEG 2000";
        if (!At(file, 4).StartsWith("ftyp"u8)) return null;
        var brand = At(file, 8);
        if (brand.StartsWith("avi"u8)) return "AVIF";
        return brand.StartsWith("hei"u8) || brand.StartsWith("mif1"u8) ? "HEIF" : null;
    }

    static string? OtherBinary(ReadOnlySpan<byte> file)
    {
        if (At(file, 4).StartsWith("ftyp"u8)) return "an MP4 video";
        if (file.StartsWith("%PDF"u8)) return "a PDF document";
        if (file.StartsWith("PK\x03\x04"u8)) return "a ZIP archive";
        return file.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) ? "a gzip archive" : null;
    }

    static string? Text(ReadOnlySpan<byte> file)
    {
        var start = file[..Math.Min(file.Length, 512)];
        if (start.ContainsAnyInRange((byte)0, (byte)8) || start.ContainsAnyInRange((byte)14, (byte)31)) return null;
        // A character may be cut at the end of the sample.
        bool valid = false;
        for (int cut = 0; cut < Math.Min(4, start.Length) && !valid; cut++) valid = Utf8.IsValid(start[..^cut]);
        if (!valid) return null;
        var text = Encoding.UTF8.GetString(start).TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
        if (Begins(text, "<!doctype html") || Begins(text, "<html") || Begins(text, "<head")) return "HTML";
        if (Begins(text, "<svg")) return "SVG";
        if (Begins(text, "<?xml")) return text.Contains("<svg", StringComparison.Ordinal) ? "SVG" : "XML";
        return text.StartsWith('{') || text.StartsWith('[') ? "JSON" : "plain";
    }

    static bool Begins(string text, string start) => text.StartsWith(start, StringComparison.OrdinalIgnoreCase);

    static ReadOnlySpan<byte> At(ReadOnlySpan<byte> file, int offset) => offset <= file.Length ? file[offset..] : default;
}
