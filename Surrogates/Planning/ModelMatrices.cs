using Grafting.Core.Models;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Training;
using TorchSharp.Modules;

namespace Grafting.Surrogates.Planning;

/// <summary>The matrices at one place of a model: a layer of the decoder or the adapter, a block of the tower.</summary>
/// <param name="Weights">In all of them, adapters of low rank beside them included.</param>
/// <param name="Trained">How many of these train.</param>
/// <param name="Moves">Whether anything trains there, vectors included: from here on a gradient is needed.</param>
public readonly record struct MatrixPlace(double Weights, double Trained, bool Moves)
{
    public static MatrixPlace Of(double weights, bool trained) => new(weights, trained ? weights : 0, trained);
}

/// <summary>One place of the adapter, and what of it trains.</summary>
public readonly record struct AdapterMatrices(AdapterPlace Place, MatrixPlace Matrices);

/// <summary>Everything that multiplies in a model, from the picture to the logits, and what of it trains.</summary>
public sealed record ModelMatrices
{
    /// <summary>Null for a decoder alone.</summary>
    public VisionShape? Vision { get; init; }

    /// <summary>The map of the patches; with what else stands before the first block.</summary>
    public MatrixPlace Patches { get; init; }

    /// <summary>Blocks of the tower that run.</summary>
    public IReadOnlyList<MatrixPlace> Blocks { get; init; } = [];

    public bool PostNormMoves { get; init; }

    /// <summary>From the tower's features to the decoder's embeddings.</summary>
    public IReadOnlyList<AdapterMatrices> Adapter { get; init; } = [];

    public bool BoundaryMoves { get; init; }

    public bool EmbeddingMoves { get; init; }

    public required IReadOnlyList<MatrixPlace> Layers { get; init; }

    public bool NormMoves { get; init; }

    public required MatrixPlace Head { get; init; }

    /// <summary>Heads by their width: what one pair of positions costs in attention.</summary>
    public required long AttentionWidth { get; init; }

    /// <summary>A loaded model as it stands, after <see cref="TrainingModel.Choose"/>.</summary>
    public static ModelMatrices Of(TrainingModel model)
    {
        var (decoder, shape) = (model.Decoder, model.Decoder.Shape);
        var named = decoder.named_parameters().ToDictionary(
            p => decoder.Keys.ToTheirs(p.name) ?? p.name, p => p.parameter, StringComparer.Ordinal);
        bool Moves(string start) => named.Any(p => p.Key.StartsWith(start, StringComparison.Ordinal) && p.Value.requires_grad);
        var table = (double)shape.Vocabulary * shape.Width;
        // A tied head is the embedding table.
        var headMoves = Moves(
            named.Keys.Any(name => name.StartsWith("lm_head.", StringComparison.Ordinal)) ? "lm_head." : "model.embed_tokens.");
        var matrices = new ModelMatrices
        {
            EmbeddingMoves = Moves("model.embed_tokens."),
            Layers = [.. decoder.Layers.Select(layer => Place(layer.parameters(), 2))],
            NormMoves = Moves("model.norm."),
            Head = MatrixPlace.Of(table, headMoves),
            AttentionWidth = (long)shape.Heads * shape.HeadWidth,
        };
        return model.Encoder is { } encoder ? matrices.With(encoder) : matrices;
    }

    /// <summary>Stage 1 of the paper: adapter, boundary, the tower's last norm and the translators train.</summary>
    public static ModelMatrices StageOne(DecoderLayout layout, VisionShape vision) => Frozen(layout, vision) with
    {
        PostNormMoves = true,
        Adapter = vision.AdapterPlaces(trained: true),
        BoundaryMoves = true,
        Layers = [.. layout.Trained.Select(trained => MatrixPlace.Of(layout.LayerMatrices, trained))],
    };

    /// <summary>Stage 2: the decoder is frozen, translators included; adapter, boundary and the tower's last eight blocks train.</summary>
    public static ModelMatrices StageTwo(DecoderLayout layout, VisionShape vision) => Frozen(layout, vision) with
    {
        Blocks = vision.BlockPlaces(trainedLast: vision.BlocksOfStageTwo),
        PostNormMoves = true,
        Adapter = vision.AdapterPlaces(trained: true),
        BoundaryMoves = true,
    };

    /// <summary>An adapter alone, trained through a frozen decoder: what stands in the place of a surrogate's stages without one.</summary>
    public static ModelMatrices AdapterOnly(DecoderLayout layout, VisionShape vision) => Frozen(layout, vision) with
    {
        Adapter = vision.AdapterPlaces(trained: true),
        BoundaryMoves = true,
    };

    /// <summary>Stage 3: the whole decoder, the adapter and the tower's last eight blocks train.</summary>
    public static ModelMatrices FullDecoder(DecoderLayout layout, VisionShape vision) => StageTwo(layout, vision) with
    {
        EmbeddingMoves = true,
        Layers = [.. layout.Trained.Select(_ => MatrixPlace.Of(layout.LayerMatrices, true))],
        NormMoves = true,
        Head = MatrixPlace.Of(layout.Shape.EmbeddingParameters, true),
    };

    /// <summary>A frozen decoder through which a gradient passes down to its embeddings.</summary>
    internal static ModelMatrices Decoder(DecoderLayout layout) => new()
    {
        EmbeddingMoves = true,
        Layers = [.. layout.Trained.Select(_ => MatrixPlace.Of(layout.LayerMatrices, false))],
        Head = MatrixPlace.Of(layout.Shape.EmbeddingParameters, false),
        AttentionWidth = (long)layout.Shape.Heads * layout.Shape.HeadWidth,
    };

    static ModelMatrices Frozen(DecoderLayout layout, VisionShape vision) => Decoder(layout) with
    {
        EmbeddingMoves = false,
        Vision = vision,
        Patches = MatrixPlace.Of(vision.PatchMatrix, false),
        Blocks = vision.BlockPlaces(trainedLast: 0),
        Adapter = vision.AdapterPlaces(trained: false),
    };

    ModelMatrices With(VisionEncoder encoder)
    {
        var (tower, adapter) = (encoder.Tower, encoder.Adapter);
        var vision = new VisionShape(tower.Config.Shape, adapter.Config.LanguageWidth) { Adapter = adapter.Config, Path = tower.Path };
        var inBlocks = tower.Blocks.SelectMany(block => block.parameters()).Concat(
            tower.PostNorm?.parameters() ?? []).Select(p => p.Handle).ToHashSet();
        return this with
        {
            Vision = vision,
            // Position embeddings have two dimensions and are added, not multiplied; the map of the patches has four.
            Patches = Place(tower.parameters().Where(p => !inBlocks.Contains(p.Handle)), 4),
            Blocks = [.. tower.Blocks.Take(vision.BlocksUsed).Select(block => Place(block.parameters(), 2))],
            PostNormMoves = tower.PostNorm?.parameters().Any(p => p.requires_grad) ?? false,
            Adapter = [.. adapter.Config.Places(vision.Grid).Select(place => new AdapterMatrices(place, Place(adapter, place)))],
            BoundaryMoves = encoder.Boundary is { Start: { requires_grad: true } } or { End: { requires_grad: true } }
                || encoder.RowEnd is { requires_grad: true },
        };
    }

    static MatrixPlace Place(Adapter adapter, AdapterPlace place)
    {
        var found = Place(
            from p in adapter.named_parameters()
            where place.Parameters.Any(name => p.name.StartsWith(name, StringComparison.Ordinal))
            select p.parameter,
            2);
        // Learned vectors multiply nothing; they only start a gradient.
        return place.Weights == 0 ? found with { Weights = 0, Trained = 0 } : found;
    }

    static MatrixPlace Place(IEnumerable<Parameter> parameters, int dimensions)
    {
        var (weights, trained, moves) = (0.0, 0.0, false);
        foreach (var parameter in parameters)
        {
            moves |= parameter.requires_grad;
            if (parameter.dim() < dimensions) continue;
            weights += parameter.numel();
            if (parameter.requires_grad) trained += parameter.numel();
        }
        return new(weights, trained, moves);
    }
}
