using Grafting.Core.Models;
using Grafting.Core.Models.Adapters;
using Grafting.Surrogates;
using Grafting.Surrogates.Planning;

namespace Grafting.Recipes.Costs;

/// <summary>Sizes of what was trained and of what it stands for, so that a ledger can be compared with what was not run.</summary>
/// <param name="Target">The whole target.</param>
/// <param name="Layers">Of the decoder that was trained against: a surrogate's, or the target's own.</param>
/// <param name="Tower">Of the encoder.</param>
/// <param name="Path">Which of the tower's numbers the adapter gets.</param>
/// <param name="Adapter">Kind and sizes of the adapter.</param>
public sealed record CostModel(TargetShape Target, int Layers, TowerShape Tower, FeaturePath Path, AdapterSettings Adapter)
{
    /// <param name="target">The whole target.</param>
    /// <param name="layers">Of the decoder that is trained against.</param>
    public static CostModel Of(TargetShape target, int layers, VisionEncoder encoder) =>
        new(target, layers, encoder.Tower.Config.Shape, encoder.Tower.Path, encoder.Adapter.Config.Settings);

    internal DecoderLayout Layout() => DecoderLayout.Frozen(Target);

    internal VisionShape Vision() => new(Tower, Target.Width) { Path = Path, Adapter = Adapter.ToConfig(Tower.Width, Target.Width) };
}
