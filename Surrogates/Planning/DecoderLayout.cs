namespace Grafting.Surrogates.Planning;

/// <summary>The decoder that a plan is about: sizes, and which of its layers train.</summary>
/// <param name="Trained">One entry per layer, first to last.</param>
public sealed record DecoderLayout(TargetShape Shape, IReadOnlyList<bool> Trained)
{
    public int Layers => Trained.Count;

    public long Parameters => Shape.Parameters(Layers);

    public long TrainedParameters => TrainedLayers * Shape.LayerParameters;

    internal int TrainedLayers => Trained.Count(trained => trained);

    /// <summary>Weights in the matrices of one layer.</summary>
    internal long LayerMatrices => Shape.LayerMatrices;

    public static DecoderLayout Of(SurrogatePlan plan) =>
        new(plan.Target, [.. plan.Layers.Select(layer => layer.Kind == LayerKind.Translator)]);

    /// <summary>The whole target, frozen: what an adapter is trained on without a surrogate.</summary>
    public static DecoderLayout Frozen(TargetShape target) => new(target, new bool[target.Layers]);
}
