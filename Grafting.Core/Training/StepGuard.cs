using System.Text.Json.Serialization;

namespace Grafting.Core.Training;

/// <summary>Why a step is not to be taken.</summary>
public enum SkipReason
{
    /// <summary>Loss or gradient norm is not finite.</summary>
    [JsonStringEnumMemberName("non-finite")]
    NonFinite,

    /// <summary>Loss or gradient norm is far above the steps before it.</summary>
    [JsonStringEnumMemberName("spike")]
    Spike,
}

/// <summary>What the guard says of one step, before its update.</summary>
/// <param name="Reason">Null: take it.</param>
/// <param name="Words">What was seen, with the limit; empty for a step that is taken.</param>
/// <param name="Ends">Whether the run must end here.</param>
/// <param name="NewLevel">Whether the step is far above the window and taken all the same, for all those before it were, too.</param>
/// <param name="State">What to remember.</param>
public sealed record StepJudgement(SkipReason? Reason, string Words, bool Ends, bool NewLevel, GuardState State);

/// <summary>
/// Looks at loss and gradient norm between the backward pass and the update. A spike lies more than so many standard deviations above the
/// mean of a window of steps that were taken; a step that was skipped, or is not finite, never enters the window.
/// </summary>
/// <remarks>
/// A level that stays must not be skipped for ever. While steps are skipped the weights stand still, so that many spikes in a row on
/// different samples mean that the level has moved and not that the samples are bad: after a quarter of a window in a row, or as many as
/// the budget has where that is fewer, the next is taken and the window begins anew with it.
/// </remarks>
public static class StepGuard
{
    /// <summary>A deviation below this part of the mean counts as that: where all steps are alike, a rounding is no spike.</summary>
    const double SmallestDeviation = 1e-3;

    /// <summary>Spikes in a row that are skipped before their level is taken for the new one.</summary>
    public static int Patience(SpikeConfig config) => Math.Max(1, Math.Min(config.Window / 4, config.Budget));

    /// <param name="norm">Of the whole gradient, before clipping.</param>
    public static StepJudgement Judge(StageConfig stage, GuardState state, double loss, double norm)
    {
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            var words = FormattableString.Invariant($"loss {loss}, gradient norm {norm}");
            var skipped = state with { NonFinite = state.NonFinite + 1, SkippedInStage = state.SkippedInStage + 1 };
            return Refuse(
                SkipReason.NonFinite, words, stage.OnNonFinite.Action, skipped.NonFinite, stage.OnNonFinite.Budget, state, skipped);
        }
        if (stage.OnSpike.Action == GuardAction.Off) return new StepJudgement(null, "", false, false, state);
        if (Above(stage.OnSpike, state, loss, norm) is not { } spike)
            return new StepJudgement(null, "", false, false, Add(stage.OnSpike, state, loss, norm));
        if (stage.OnSpike.Action == GuardAction.Skip && state.SpikesInARow >= Patience(stage.OnSpike))
        {
            var anew = state with { Losses = [], Norms = [] };
            return new StepJudgement(null, "", false, true, Add(stage.OnSpike, anew, loss, norm));
        }
        var next = state with
        {
            Spikes = state.Spikes + 1,
            SpikesInARow = state.SpikesInARow + 1,
            SkippedInStage = state.SkippedInStage + 1,
        };
        return Refuse(SkipReason.Spike, spike, stage.OnSpike.Action, next.Spikes, stage.OnSpike.Budget, state, next);
    }

    static StepJudgement Refuse(
        SkipReason reason, string words, GuardAction action, int skips, int budget, GuardState before, GuardState after)
    {
        if (action == GuardAction.Stop) return new StepJudgement(reason, words, true, false, before);
        if (skips <= budget) return new StepJudgement(reason, words, false, false, after);
        var what = reason == SkipReason.Spike ? "spikes" : "steps that are not finite";
        return new StepJudgement(
            reason,
            $"{words}. It is one more than the budget of {budget} {what} allows (skipped so far: {before.NonFinite} not finite, "
                + $"{before.Spikes} spikes)", true, false, before);
    }

    static string? Above(SpikeConfig config, GuardState state, double loss, double norm)
    {
        if (state.Losses.Count < (config.Window + 1) / 2) return null;
        return Check("loss", state.Losses, loss) ?? Check("gradient norm", state.Norms, norm);

        string? Check(string what, IReadOnlyList<double> window, double value)
        {
            var mean = window.Average();
            var deviation = Math.Max(Math.Sqrt(window.Average(v => (v - mean) * (v - mean))), SmallestDeviation * Math.Abs(mean));
            var limit = mean + (config.Sigma * deviation);
            return value > limit
                ? FormattableString.Invariant(
                    $"{what} {value:G6} is above {limit:G6}, the mean of {window.Count} steps plus {config.Sigma} standard deviations")
                : null;
        }
    }

    static GuardState Add(SpikeConfig config, GuardState state, double loss, double norm) => state with
    {
        Losses = [.. state.Losses.TakeLast(config.Window - 1), loss],
        Norms = [.. state.Norms.TakeLast(config.Window - 1), norm],
        SpikesInARow = 0,
    };
}
