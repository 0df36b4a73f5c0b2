using Grafting.Core.Evaluation;

namespace Grafting.Recipes.Study;

/// <summary>What the data say of a hypothesis.</summary>
public enum Verdict
{
    Reproduced,
    NotReproduced,
    Inconclusive,

    /// <summary>The study was run without the trainings that it needs.</summary>
    NotAsked,
}

/// <summary>One number of which a hypothesis says that it lies above a threshold.</summary>
/// <param name="Text">What the number is.</param>
/// <param name="Unit">Of the number: "points", "layers", "% of operations".</param>
/// <param name="Value">Null where it does not exist, e.g. no transition is visible: the claim is refuted.</param>
/// <param name="P">Of the value being the threshold; null where the value is exact or its interval is all there is.</param>
public sealed record Claim(string Text, string Unit, Interval? Value, double Threshold, double? P)
{
    /// <summary>Largest adjusted p-value at which a claim counts.</summary>
    public const double Level = 0.05;

    /// <summary><see cref="P"/> after Holm's adjustment over all claims of the study.</summary>
    public double? AdjustedP { get; init; }

    public Verdict Verdict => Value switch
    {
        null => Verdict.NotReproduced,
        { } value when value.Low > Threshold && AdjustedP is null or <= Level => Verdict.Reproduced,
        { } value when value.High < Threshold && AdjustedP is null or <= Level => Verdict.NotReproduced,
        _ => Verdict.Inconclusive,
    };

    /// <summary>A claim about a mean over seeds and questions.</summary>
    public static Claim Of(string text, StudySample sample, double threshold = 0) =>
        new(text, "points", StudyStatistics.Mean(sample), threshold, StudyStatistics.SignFlip(sample, threshold));

    /// <summary>A claim about a number that is the same in every run.</summary>
    public static Claim Exact(string text, string unit, double value, double threshold = 0) =>
        new(text, unit, new Interval(value, value, value), threshold, null);
}

/// <summary>A finding of the prototype, with the claims that stand for it here.</summary>
/// <param name="Key">H1 to H7.</param>
/// <param name="Statement">The finding.</param>
/// <param name="Rule">What has to hold for it, written before the study was run.</param>
public sealed record Hypothesis(string Key, string Statement, string Rule, IReadOnlyList<Claim> Claims)
{
    /// <summary>Whether the study has the trainings of every claim that the rule speaks of.</summary>
    public bool Complete { get; init; } = true;

    /// <summary>Reproduced where every claim is and none is missing; not reproduced where one is refuted.</summary>
    public Verdict Verdict =>
        Claims.Count == 0 ? Verdict.NotAsked
        : Claims.Any(claim => claim.Verdict == Verdict.NotReproduced) ? Verdict.NotReproduced
        : Complete && Claims.All(claim => claim.Verdict == Verdict.Reproduced) ? Verdict.Reproduced
        : Verdict.Inconclusive;
}
