using Grafting.Core.Models;
using Grafting.Surrogates;
using Grafting.Surrogates.Planning;

namespace Grafting.Recipes.Costs;

/// <summary>Sizes of what was trained and of what it stands for, so that a ledger can be compared with what was not run.</summary>
/// <param name="Target">The whole target.</param>
/// <param name="Layers">Of the decoder that was trained against: a surrogate's, or the target's own.</param>
/// <param name="Tower">Of the encoder.</param>
/// <param name="Path">Which of the tower's numbers the adapter gets.</param>
/// <param name="AdapterDepth">Linear layers of the adapter.</param>
public sealed record CostModel(TargetShape Target, int Layers, TowerShape Tower, FeaturePath Path, int AdapterDepth)
{
    /// <param name="target">The whole target.</param>
    /// <param name="layers">Of the decoder that is trained against.</param>
    public static CostModel Of(TargetShape target, int layers, VisionEncoder encoder) =>
        new(target, layers, encoder.Tower.Config.Shape, encoder.Tower.Path, encoder.Adapter.Config.Depth);

    internal DecoderLayout Layout() => DecoderLayout.Frozen(Target);

    internal VisionShape Vision() => new(Tower, Target.Width) { Path = Path, AdapterDepth = AdapterDepth };
}
