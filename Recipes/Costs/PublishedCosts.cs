using System.Globalization;

namespace Grafting.Recipes.Costs;

/// <summary>A published figure beside what follows from others.</summary>
/// <param name="Formula">With the numbers put in.</param>
/// <param name="Published">Null where nobody has published it.</param>
/// <param name="Tolerance">Difference that rounding of the published figures, or the reason given, allows.</param>
public sealed record PublishedCheck(
    string Name, string Formula, double Recomputed, string Unit, double? Published, double Tolerance, string Source)
{
    /// <summary>Null where there is nothing to agree with.</summary>
    public bool? Agrees => Published is { } published ? Math.Abs(published - Recomputed) <= Tolerance : null;

    public string Verdict => Agrees switch
    {
        null => "follows; not published",
        true when Math.Abs(Published!.Value - Recomputed) < Exact => "exact",
        true => string.Create(CultureInfo.InvariantCulture, $"within {Math.Abs((Recomputed / Published!.Value) - 1):P1}"),
        false => "differs",
    };

    // Figures have two decimals, or one; what agrees to half of the last is the same figure.
    double Exact => Unit == "%" ? 0.05 : 0.005;
}

/// <summary>
/// The cost accounting of arXiv 2505.22664 (Figure 2: Llama 3.1 70B, hours on the same machines), and what follows from it.
/// </summary>
public static class PublishedCosts
{
    public const double SurrogateStage = 9.36, EncoderStage = 4.25, DecoderStage = 5.56;
    public const double AdapterStage = 7.01, FullDecoder = 27.78;

    /// <summary>Fraction of the data that the decoder stage read for the score that is compared.</summary>
    public const double Fraction = 0.2;

    /// <summary>Billions of parameters: the target, and the surrogate that keeps 42 of its 80 layers.</summary>
    public const double Target = 70.55, Surrogate = 38.04;

    /// <summary>Samples of LLaVA's adapter pretraining, and of the encoder stage.</summary>
    public const double AdapterSamples = 558_128, EncoderSamples = 624_610;

    /// <summary>How much longer full fine-tuning took than its operations alone explain.</summary>
    public static double FullFactor => FullDecoder / (EncoderStage * (8 * Target) / (6 * Surrogate));

    const string Figure = "arXiv 2505.22664, Figure 2", Derived = "derived from Figure 2";

    public static IReadOnlyList<PublishedCheck> Checks()
    {
        const double ours = SurrogateStage + EncoderStage + DecoderStage, lora = AdapterStage + ours, baseline = AdapterStage + FullDecoder;
        return
        [
            new("ours", "9.36 + 4.25 + 5.56", ours, "h", 19.17, 0.01, Figure),
            new("LoRA", "7.01 + 19.17", lora, "h", 26.18, 0.01, Figure),
            new("baseline, all data", "7.01 + 27.78", baseline, "h", 34.79, 0.01, Figure),
            new(
                "saving against the baseline", "1 − 19.17 / 34.79", 100 * (1 - (ours / baseline)), "%", 44.9, 0.1,
                "arXiv 2505.22664, abstract (\"about 45 %\") and Figure 2"),
            new("saving against LoRA", "1 − 19.17 / 26.18", 100 * (1 - (ours / lora)), "%", 26.8, 0.1, Figure),
            new("decoder stage is 20 % of the baseline's", "0.2 · 27.78", Fraction * FullDecoder, "h", DecoderStage, 0.01, Figure),
            new(
                "before the target is touched, ours − baseline", "9.36 + 4.25 − 7.01", SurrogateStage + EncoderStage - AdapterStage, "h",
                null, 0, Derived),
            new(
                "baseline on the same 20 %: the fair one", "7.01 + 5.56", AdapterStage + DecoderStage, "h", null, 0,
                Derived + "; its score is not published"),
            new(
                "adapter stage, from the encoder stage", "4.25 · (70.55 / 38.04) · (558128 / 624610)",
                EncoderStage * (Target / Surrogate) * (AdapterSamples / EncoderSamples), "h", AdapterStage, 0.01 * AdapterStage,
                "Figure 2; time of a frozen decoder ∝ parameters · samples"),
            new(
                "full fine-tuning over its operations", "27.78 / (4.25 · (8 · 70.55) / (6 · 38.04))", FullFactor, "×", null, 0,
                "derived from Figure 2; 8 and 6 operations a parameter and token"),
        ];
    }
}
