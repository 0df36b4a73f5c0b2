namespace Grafting.Surrogates.Planning;

/// <summary>Floating-point operations; a multiplication with an addition counts as two.</summary>
/// <param name="Forward">Tower, adapter, decoder, and the head at supervised tokens.</param>
/// <param name="Backward">Gradients of activations from the first place that trains on, and of the weights that train.</param>
/// <param name="Recompute">A second forward pass of the decoder's layers; 0 where nothing is computed again.</param>
public sealed record ComputeNeed(double Forward, double Backward, double Recompute)
{
    public static ComputeNeed None { get; } = new(0, 0, 0);

    public double Total => Forward + Backward + Recompute;

    public static ComputeNeed operator +(ComputeNeed a, ComputeNeed b) =>
        new(a.Forward + b.Forward, a.Backward + b.Backward, a.Recompute + b.Recompute);

    /// <summary>One sample of stage 1: adapter, boundary, the tower's last norm and the translators train.</summary>
    public static ComputeNeed StageOne(DecoderLayout layout, VisionShape vision, TrainingWorkload work) =>
        Of(ModelMatrices.StageOne(layout, vision), work.Counts, work.Recompute);

    /// <summary>
    /// One sample of stage 2: the decoder is frozen, translators included; adapter, boundary and the tower's last eight blocks train.
    /// </summary>
    public static ComputeNeed StageTwo(DecoderLayout layout, VisionShape vision, TrainingWorkload work) =>
        Of(ModelMatrices.StageTwo(layout, vision), work.Counts, work.Recompute);

    /// <summary>One sample through a decoder alone, its layers frozen, with a gradient down to the embeddings.</summary>
    internal static ComputeNeed Decoder(DecoderLayout layout, TrainingWorkload work) =>
        Of(ModelMatrices.Decoder(layout), work.Counts, work.Recompute);

    /// <summary>
    /// Per matrix and vector that it meets: 2 per weight forward, 2 for the gradient of the vector where something in front of it trains, 2
    /// for that of each weight that trains. Attention takes 4·length·heads·head width per position forward, and twice that back.
    /// </summary>
    /// <remarks>
    /// Without pictures the tower, the adapter and the boundary are not there, and a gradient begins at the first layer that trains.
    /// </remarks>
    public static ComputeNeed Of(ModelMatrices model, WorkCounts counts, bool recompute)
    {
        var pass = new Pass();
        if (model.Vision is { } vision && counts.Pictures > 0)
        {
            pass.Matrix(model.Patches, vision.Tower.Patches * counts.Pictures);
            var (tokens, pairs) = (vision.Tokens * counts.Pictures, (double)vision.Tokens * vision.Tokens * counts.Pictures);
            foreach (var block in model.Blocks) pass.Block(block, tokens, 4 * pairs * vision.Width);
            pass.Moves |= model.PostNormMoves;
            var features = pass.Moves;
            foreach (var (place, matrices) in model.Adapter)
                pass.Read(
                    matrices, place.Vectors * counts.Pictures, 4 * place.PairWidth * counts.Pictures,
                    place.ReadsFeatures ? features : pass.Moves);
            pass.Moves |= model.BoundaryMoves;
        }
        pass.Moves |= model.EmbeddingMoves;
        var (forward, moves) = (pass.Forward, pass.Moves);
        foreach (var layer in model.Layers) pass.Block(layer, counts.Positions, 4 * counts.Pairs * model.AttentionWidth);
        var again = recompute && (moves || model.Layers.Any(layer => layer.Moves)) ? pass.Forward - forward : 0;
        pass.Moves |= model.NormMoves;
        pass.Matrix(model.Head, counts.Predicted);
        return new(pass.Forward, pass.Backward, again);
    }

    /// <summary>A walk from the picture to the logits.</summary>
    sealed class Pass
    {
        public double Forward { get; private set; }

        public double Backward { get; private set; }

        /// <summary>Whether anything in front of what comes next trains.</summary>
        public bool Moves { get; set; }

        public void Matrix(MatrixPlace place, double vectors) => Add(place, vectors, 0, gradient: Moves);

        /// <param name="moves">Whether anything in front of the vectors that pass through trains.</param>
        public void Read(MatrixPlace place, double vectors, double attention, bool moves) => Add(place, vectors, attention, moves);

        /// <summary>Whatever trains inside has matrices behind it through which its gradient comes.</summary>
        public void Block(MatrixPlace place, double vectors, double attention) =>
            Add(place, vectors, attention, gradient: Moves || place.Moves);

        void Add(MatrixPlace place, double vectors, double attention, bool gradient)
        {
            var matrices = 2 * place.Weights * vectors;
            Forward += matrices + attention;
            if (gradient) Backward += matrices + 2 * attention;
            Backward += 2 * place.Trained * vectors;
            Moves |= place.Moves;
        }
    }
}
