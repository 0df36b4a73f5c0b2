namespace Grafting.Core.Imaging;

/// <summary>
/// How an image processor of Hugging Face's reads its own file: what a bare size means, which switches it knows, and what it takes for what
/// is left out.
/// </summary>
/// <remarks>Checked against <c>models/*/image_processing_*.py</c> of transformers, the Pillow-based ones.</remarks>
sealed record ProcessorKind
{
    /// <summary>Side of the tiles that LLaVA-NeXT's own grids are of, in pixels.</summary>
    public const int UsualTile = 336;

    static readonly ProcessorKind Clip = new()
    {
        Name = "CLIPImageProcessor",
        Size = new(224, null, null),
        CropSize = 224,
        Filter = ResampleFilter.Bicubic,
        Mean = PreprocessorConfig.Clip(224).Mean,
        Std = PreprocessorConfig.Clip(224).Std,
    };

    static readonly ProcessorKind Siglip = new()
    {
        Name = "SiglipImageProcessor",
        Size = new(null, 224, 224),
        Filter = ResampleFilter.Bicubic,
        Mean = [0.5, 0.5, 0.5],
        Std = [0.5, 0.5, 0.5],
    };

    static readonly ProcessorKind[] s_all =
    [
        Clip,
        Clip with { Name = "BitImageProcessor" },
        Clip with { Name = "LlavaImageProcessor", PadsToSquare = true },
        Clip with { Name = "LlavaNextImageProcessor", Grids = ["1x2", "2x1", "2x2", "3x1", "1x3"] },
        Siglip,
        Siglip with { Name = "ViTImageProcessor", Filter = ResampleFilter.Bilinear },
        Siglip with { Name = "DeiTImageProcessor", Size = new(null, 256, 256), CropSize = 224 },
    ];

    /// <summary>As <c>image_processor_type</c> has it, without the ending of its fast twin.</summary>
    public required string Name { get; init; }

    public required ProcessorSize Size { get; init; }

    /// <summary>Side of the square that is cut out of the middle; null for a processor that never cuts.</summary>
    public int? CropSize { get; init; }

    /// <summary>
    /// Whether <c>do_pad</c> means that the picture is laid on a square; to LLaVA-NeXT it means the number of tiles in a batch.
    /// </summary>
    public bool PadsToSquare { get; init; }

    /// <summary>Of a processor that cuts tiles: the grids that it offers, rows x columns; null for all others.</summary>
    public IReadOnlyList<string>? Grids { get; init; }

    public required ResampleFilter Filter { get; init; }

    public required IReadOnlyList<double> Mean { get; init; }

    public required IReadOnlyList<double> Std { get; init; }

    /// <summary>Whether a bare number is the side of a square, not the shortest edge.</summary>
    public bool BareSizeIsSquare => Size.ShortestEdge is null;

    public static IEnumerable<string> Names => s_all.Select(kind => kind.Name);

    /// <param name="type">
    /// As <c>image_processor_type</c>, or the older <c>feature_extractor_type</c>, has it; the fast twins, which mean the same pixels,
    /// included.
    /// </param>
    public static ProcessorKind? Find(string type)
    {
        var name = type.EndsWith("Fast", StringComparison.Ordinal) ? type[..^4] : type;
        name = name.Replace("FeatureExtractor", "ImageProcessor", StringComparison.Ordinal);
        return Array.Find(s_all, kind => kind.Name == name);
    }
}

/// <summary>A size as a processor's file has it: the shortest edge, or height and width.</summary>
readonly record struct ProcessorSize(int? ShortestEdge, int? Height, int? Width);
