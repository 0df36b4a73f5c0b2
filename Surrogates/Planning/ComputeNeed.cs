namespace Grafting.Surrogates.Planning;

/// <summary>Floating-point operations for one sample; a multiplication with an addition counts as two.</summary>
/// <param name="Forward">Tower, adapter, decoder, and the head at supervised tokens.</param>
/// <param name="Backward">Gradients of activations through the whole decoder, and of the weights that train.</param>
/// <param name="Recompute">A second forward pass of the decoder's layers; 0 where nothing is computed again.</param>
public sealed record ComputeNeed(double Forward, double Backward, double Recompute)
{
    public double Total => Forward + Backward + Recompute;

    /// <summary>Stage 1: adapter, boundary, the tower's last norm and the translators train.</summary>
    public static ComputeNeed StageOne(DecoderLayout layout, VisionShape vision, TrainingWorkload work)
    {
        var decoder = Decoder(layout, work);
        var translators = 2.0 * layout.TrainedLayers * layout.LayerMatrices * work.Positions;
        // Its gradients reach the norm before it, so both factors of the adapter's products get one.
        return new(decoder.Forward + Vision(vision), decoder.Backward + translators + 2 * Adapter(vision), decoder.Recompute);
    }

    /// <summary>Stage 2: the decoder is frozen, translators included; adapter, boundary and the tower's last eight blocks train.</summary>
    public static ComputeNeed StageTwo(DecoderLayout layout, VisionShape vision, TrainingWorkload work)
    {
        var decoder = Decoder(layout, work);
        return new(decoder.Forward + Vision(vision), decoder.Backward + 2 * Adapter(vision) + 2 * Blocks(vision, vision.BlocksOfStageTwo), decoder.Recompute);
    }

    /// <summary>
    /// Of the decoder alone with frozen layers. Per layer and position: 2 per weight forward and 2 back; attention 4·length·heads·head width
    /// forward and twice that back. Per supervised token 2 per weight of the head, each way.
    /// </summary>
    internal static ComputeNeed Decoder(DecoderLayout layout, TrainingWorkload work)
    {
        var shape = layout.Shape;
        double positions = work.Positions;
        var matrices = 2.0 * layout.LayerMatrices * positions;
        var attention = 4.0 * positions * positions * shape.Heads * shape.HeadWidth;
        var head = 2.0 * work.SupervisedTokens * shape.EmbeddingParameters;
        return new(
            layout.Layers * (matrices + attention) + head,
            layout.Layers * (matrices + 2 * attention) + head,
            work.Recompute ? layout.Layers * (matrices + attention) : 0);
    }

    static double Vision(VisionShape vision) =>
        Blocks(vision, vision.Tower.Layers) + 2.0 * vision.PatchMatrix * vision.Tower.Patches + Adapter(vision);

    static double Blocks(VisionShape vision, int blocks) =>
        blocks * (2.0 * vision.BlockMatrices * vision.Tokens + 4.0 * vision.Tokens * vision.Tokens * vision.Width);

    static double Adapter(VisionShape vision) => 2.0 * vision.AdapterMatrices * vision.Tokens;
}
