using Grafting.Core.Models;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Models.Layers;
using Grafting.Core.Models.Towers.Clip;

namespace Grafting.Surrogates.Planning;

/// <summary>Sizes of what stands before the decoder: a tower, the adapter, the two boundary vectors.</summary>
/// <param name="LanguageWidth">Residual width of the decoder.</param>
public sealed record VisionShape(TowerShape Tower, int LanguageWidth)
{
    /// <summary>Blocks of the tower that the published second stage trains.</summary>
    const int LastBlocks = 8;

    /// <summary>CLIP ViT-L/14 for pictures of 336 pixels, the paper's tower (openai/clip-vit-large-patch14-336).</summary>
    public static ClipVisionConfig ClipLarge336 { get; } = new(1024, 4096, 24, 16, 336, 14, Activation.QuickGelu, ProjectionWidth: 768);

    /// <summary>Numbers in the tower; 0 where nobody has counted them.</summary>
    public long TowerParameters { get; init; }

    /// <summary>The paper's two linear layers, unless told otherwise.</summary>
    public AdapterConfig Adapter { get => field ?? new MlpAdapterConfig(Tower.Width, LanguageWidth); init; }

    /// <summary>Which of the tower's numbers the adapter gets.</summary>
    public FeaturePath Path { get; init; } = new();

    /// <summary>Tokens of a picture in the tower, class token and registers included.</summary>
    public int Tokens => Tower.Tokens;

    /// <summary>Features of a square that the adapter reads.</summary>
    public int Features => Grid.Tokens;

    internal FeatureGrid Grid => FeatureGrid.Of(Tower, Path);

    /// <param name="languageWidth">Residual width of the decoder.</param>
    public static VisionShape Of(VisionTowerConfig tower, int languageWidth) =>
        new(tower.Shape, languageWidth) { TowerParameters = tower.CountParameters() };

    /// <summary>Blocks of the tower that run.</summary>
    public int BlocksUsed => Path.BlocksUsed(Tower.Layers);

    /// <summary>Trained with the adapter in stage 1: the tower's last norm.</summary>
    public long PostNormParameters => 2 * Width;

    public long AdapterParameters => Adapter.Parameters;

    public long BoundaryParameters => 2L * LanguageWidth;

    /// <summary>Of the tower, the adapter and the boundary.</summary>
    public long Parameters => TowerParameters + AdapterParameters + BoundaryParameters;

    /// <summary>Trained in stage 1.</summary>
    public long TrainedParameters => PostNormParameters + AdapterParameters + BoundaryParameters;

    internal long Width => Tower.Width;

    /// <summary>Weights in the matrices of one block.</summary>
    public long BlockMatrices => (4 * Width * Width) + ((Tower.Gated ? 3 : 2) * Width * Tower.FeedForwardWidth);

    /// <summary>Weights in the map of the patches.</summary>
    public long PatchMatrix => Width * TowerShape.Channels * Tower.PatchSize * Tower.PatchSize;

    internal int BlocksOfStageTwo => Math.Min(LastBlocks, BlocksUsed);

    internal IReadOnlyList<AdapterMatrices> AdapterPlaces(bool trained) =>
        [.. Adapter.Places(Grid).Select(place => new AdapterMatrices(place, MatrixPlace.Of(place.Weights, trained)))];

    internal IReadOnlyList<MatrixPlace> BlockPlaces(int trainedLast) =>
        [.. Enumerable.Range(0, BlocksUsed).Select(i => MatrixPlace.Of(BlockMatrices, i >= BlocksUsed - trainedLast))];
}
