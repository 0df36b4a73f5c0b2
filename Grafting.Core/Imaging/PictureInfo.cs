namespace Grafting.Core.Imaging;

/// <summary>What the header of a picture file says.</summary>
/// <param name="Format">JPEG, PNG, WebP, GIF or BMP, by content and not by the file's name.</param>
/// <param name="Width">As stored, before the orientation is applied, in pixels.</param>
/// <param name="Height">As stored, before the orientation is applied, in pixels.</param>
/// <param name="Orientation">As EXIF numbers them, 1 to 8; 1 is upright.</param>
public sealed record PictureInfo(string Format, int Width, int Height, int Orientation);
