using Grafting.Core;
using Grafting.Core.Running;
using Grafting.Surrogates.Planning;

namespace Grafting.Recipes.Costs;

/// <summary>What is to be compared with a run.</summary>
/// <param name="FineTune">Ledger of the training of the target that followed the graft; null without.</param>
/// <param name="Fraction">
/// Fraction of the data that the target is trained on after the graft, where that was not run; null takes what was run, 0 without.
/// </param>
/// <param name="AdapterSamples">
/// Samples that the baselines train an adapter on; null: as many pictures as the run's first stage with pictures.
/// </param>
/// <param name="DecoderSamples">"All data" of the training of the decoder; null: as many pictures as the run's longest stage.</param>
/// <param name="FullFactor">Time of full fine-tuning over what its operations alone would take.</param>
/// <param name="MeasuredAll">Ledgers of the first baseline, where it was run.</param>
/// <param name="MeasuredFraction">Ledgers of the second one.</param>
public sealed record ComparisonRequest(
    CostLedger? FineTune = null, double? Fraction = null, long? AdapterSamples = null, long? DecoderSamples = null, double FullFactor = 1,
    IReadOnlyList<CostLedger>? MeasuredAll = null, IReadOnlyList<CostLedger>? MeasuredFraction = null)
{
    /// <exception cref="GraftException">Usage, naming the value.</exception>
    public ComparisonRequest Validate()
    {
        Fault.IfOutside(Fraction ?? 0, 0, 1, "--fraction");
        Fault.IfOutside(FullFactor, 0.1, 100, "--full-factor");
        Fault.IfOutside(AdapterSamples ?? 0, 0, 1_000_000_000_000, "--samples");
        Fault.IfOutside(DecoderSamples ?? 1, 1, 1_000_000_000_000, "--samples");
        if (FineTune is not null && Fraction is not null)
            throw Fault.Usage("--fraction is given beside --finetune, which tells it.", "Leave one of them out.");
        return this;
    }
}

/// <summary>
/// Three routes to a model that sees: the usual one on all data, the same on the fraction of it that ours reads with the target, and ours.
/// The second is the fair one: what it saves against the first comes from less data, and only what is left is the surrogate's doing.
/// </summary>
/// <param name="Fraction">Of the data, read with the target after the graft.</param>
/// <param name="AdapterSamples">Samples of the baselines' adapter training.</param>
/// <param name="DecoderSamples">Samples that are all data.</param>
/// <param name="FullFactor">As requested.</param>
/// <param name="FlopsPerSecond">What the run reached; estimates rest on it.</param>
/// <param name="Routes">All data, the same fraction, ours.</param>
public sealed record CostComparison(
    double Fraction, double AdapterSamples, double DecoderSamples, double FullFactor, double FlopsPerSecond,
    IReadOnlyList<CostRoute> Routes)
{
    public CostRoute All => Routes[0];

    public CostRoute SameFraction => Routes[1];

    public CostRoute Ours => Routes[2];

    /// <param name="preparation">Analysis and surrogate.</param>
    /// <exception cref="GraftException">Input: the run has read no pictures yet. Usage: a value out of range.</exception>
    public static CostComparison Of(CostLedger ledger, IReadOnlyList<CostPart> preparation, ComparisonRequest request)
    {
        request.Validate();
        var seeing = ledger.Stages.Where(stage => stage.Counts.Pictures > 0).ToList();
        if (seeing.Count == 0 || ledger.FlopsPerSecond is not { } speed)
            throw Fault.Input("the run has read no pictures yet, so nothing can be compared with it.", "Let it train for some steps.");
        // Stages whose every sample has a picture tell what such a sample is like; else all have to do.
        var pure = seeing.Where(stage => stage.Counts.Pictures >= stage.Samples).ToList();
        var typical = pure.Count > 0 ? pure : seeing;
        var sample = typical.Aggregate(
            WorkCounts.None, (sum, stage) => sum + stage.Counts) * (1 / typical.Sum(stage => (double)stage.Samples));
        double adapterSamples = request.AdapterSamples ?? seeing[0].Counts.Pictures;
        double allSamples = request.DecoderSamples ?? seeing.Max(stage => stage.Counts.Pictures);
        var fraction = request.FineTune is { } tuned ? tuned.Stages.Sum(stage => stage.Samples) / allSamples : request.Fraction ?? 0;
        var (layout, vision) = (ledger.Model.Layout(), ledger.Model.Vision());

        var adapter = Estimate("adapter through the frozen target", ModelMatrices.AdapterOnly(layout, vision), adapterSamples, 1);
        CostPart Decoder(string name, double share) =>
            Estimate(name, ModelMatrices.FullDecoder(layout, vision), share * allSamples, request.FullFactor);
        CostPart[] after = request.FineTune is { } run
            ? [.. Measured(run)]
            : fraction > 0 ? [Decoder("target and encoder, the fraction", fraction)]
            : [];

        return new CostComparison(fraction, adapterSamples, allSamples, request.FullFactor, speed,
        [
            new CostRoute(
                "all", "no surrogate, all data", Given(request.MeasuredAll) ?? [adapter, Decoder("target and encoder, all data", 1)]),
            new CostRoute(
                "fraction", "no surrogate, our data",
                Given(request.MeasuredFraction)
                    ?? (fraction > 0 ? [adapter, Decoder("target and encoder, the fraction", fraction)] : [adapter])),
            new CostRoute("ours", "ours", [.. preparation, .. Measured(ledger), .. after]),
        ]);

        CostPart Estimate(string name, ModelMatrices matrices, double samples, double factor)
        {
            var flops = ComputeNeed.Of(matrices, sample * samples, recompute: false).Total;
            return new CostPart(name, Basis.Estimated, samples, flops, factor * flops / speed);
        }
    }

    static CostPart[]? Given(IReadOnlyList<CostLedger>? ledgers) => ledgers is { Count: > 0 } ? [.. ledgers.SelectMany(Measured)] : null;

    /// <summary>All that a run took, what it lost included.</summary>
    static IEnumerable<CostPart> Measured(CostLedger ledger)
    {
        foreach (var stage in ledger.Stages)
            yield return new CostPart(stage.Name, Basis.Measured, stage.Samples, stage.Compute.Total, stage.Seconds);
        if (ledger.Repeated.Steps > 0)
            yield return new CostPart("steps lost and run again", Basis.Measured, null, null, ledger.Repeated.Seconds);
    }
}

/// <summary>What a training started from.</summary>
public static class Preparation
{
    /// <summary>Seconds of analysis and surrogate, as the workspace has seen them made.</summary>
    /// <param name="surrogate">Folder of the surrogate; null where that is not known.</param>
    /// <param name="target">Folder of the target; null where the surrogate is gone.</param>
    public static IReadOnlyList<CostPart> Of(RouteLog log, string? surrogate, string? target) =>
    [
        new("analysis of the target", Basis.Measured, null, null, target is null ? null : log.From(ArtefactKind.Analysis, target)),
        new(
            "surrogate, with its translators", Basis.Measured, null, null,
            surrogate is null ? null : log.Of(ArtefactKind.Surrogate, surrogate)),
    ];
}
