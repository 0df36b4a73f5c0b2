namespace Grafting.Core.Imaging.Formats;

/// <summary>The formats that are read; told apart by their first bytes, never by the file name.</summary>
enum ImageFormat
{
    Jpeg,
    Png,
    WebP,
    Gif,
    Bmp,
}
