using Grafting.Core.Models.Layers;
using Grafting.Core.Models.Towers.Clip;

namespace Grafting.Surrogates.Planning;

/// <summary>Sizes of what stands before the decoder: a CLIP tower, the adapter of two layers, the two boundary vectors.</summary>
/// <param name="LanguageWidth">Residual width of the decoder.</param>
public sealed record VisionShape(ClipVisionConfig Tower, int LanguageWidth)
{
    /// <summary>Blocks of the tower that the published second stage trains.</summary>
    const int LastBlocks = 8;

    /// <summary>CLIP ViT-L/14 for pictures of 336 pixels, the paper's tower (openai/clip-vit-large-patch14-336).</summary>
    public static ClipVisionConfig ClipLarge336 { get; } = new(1024, 4096, 24, 16, 336, 14, Activation.QuickGelu, ProjectionWidth: 768);

    /// <summary>Tokens of a picture, the class token included.</summary>
    public int Tokens => Tower.Patches + 1;

    public long TowerParameters => Width + Width * ClipVisionConfig.Channels * Tower.PatchSize * Tower.PatchSize + Tokens * Width + 4 * Width
        + Tower.Layers * (BlockMatrices + 9 * Width + Tower.FeedForwardWidth);

    /// <summary>Trained with the adapter in stage 1: the tower's last norm.</summary>
    public long PostNormParameters => 2 * Width;

    public long AdapterParameters => AdapterMatrices + 2L * LanguageWidth;

    public long BoundaryParameters => 2L * LanguageWidth;

    /// <summary>Of the tower, the adapter and the boundary.</summary>
    public long Parameters => TowerParameters + AdapterParameters + BoundaryParameters;

    /// <summary>Trained in stage 1.</summary>
    public long TrainedParameters => PostNormParameters + AdapterParameters + BoundaryParameters;

    internal long Width => Tower.Width;

    /// <summary>Weights in the matrices of one block.</summary>
    internal long BlockMatrices => 4 * Width * Width + 2 * Width * Tower.FeedForwardWidth;

    internal long AdapterMatrices => Width * LanguageWidth + (long)LanguageWidth * LanguageWidth;

    internal long PatchMatrix => Width * ClipVisionConfig.Channels * Tower.PatchSize * Tower.PatchSize;

    internal int BlocksOfStageTwo => Math.Min(LastBlocks, Tower.Layers);
}
