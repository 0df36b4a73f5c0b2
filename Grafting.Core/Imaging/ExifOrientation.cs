namespace Grafting.Core.Imaging;

/// <summary>What is done with a picture whose EXIF block says that the camera was turned.</summary>
public enum ExifOrientation
{
    /// <summary>Turned upright, as Pillow's <c>exif_transpose</c> does and Hugging Face's <c>load_image</c> with it.</summary>
    Apply,

    /// <summary>Left as stored, as Pillow's <c>Image.open</c> alone does; LLaVA's own training code read its pictures so.</summary>
    Ignore,
}
