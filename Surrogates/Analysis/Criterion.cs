namespace Grafting.Surrogates.Analysis;

/// <summary>What is measured after every decoder layer.</summary>
public enum Criterion
{
    /// <summary>
    /// KL divergence between distributions over positions, nats: how the layer spreads its confidence in the text against how the model
    /// does.
    /// </summary>
    Trajectory,

    /// <summary>KL divergence of the layer's next-token distribution from the model's, nats.</summary>
    VocabularyKl,

    /// <summary>Share of positions at which layer and model expect the same token.</summary>
    TopOneAgreement,

    /// <summary>1 − cosine between what goes into the layer and what comes out.</summary>
    BlockInfluence,
}

/// <summary>How criteria are named, and which way they go.</summary>
public static class Criteria
{
    public static IReadOnlyList<Criterion> All { get; } = Enum.GetValues<Criterion>();

    /// <summary>In files.</summary>
    public static string Key(this Criterion criterion) => criterion switch
    {
        Criterion.Trajectory => "trajectory_kl",
        Criterion.VocabularyKl => "vocabulary_kl",
        Criterion.TopOneAgreement => "top1_agreement",
        _ => "block_influence",
    };

    /// <summary>In sentences.</summary>
    public static string Name(this Criterion criterion) => criterion switch
    {
        Criterion.Trajectory => "prediction trajectory",
        Criterion.VocabularyKl => "vocabulary KL",
        Criterion.TopOneAgreement => "top-1 agreement",
        _ => "block influence",
    };

    public static string Meaning(this Criterion criterion) => criterion switch
    {
        Criterion.Trajectory => "KL between distributions over the positions of a text, layer against last layer",
        Criterion.VocabularyKl => "KL of the layer's next-token distribution from that of the last layer, mean over positions",
        Criterion.TopOneAgreement => "share of positions at which layer and last layer expect the same token",
        _ => "1 − cosine between input and output of the layer, mean over positions",
    };

    public static string Unit(this Criterion criterion) => criterion switch
    {
        Criterion.Trajectory or Criterion.VocabularyKl => "nats",
        Criterion.TopOneAgreement => "share of positions",
        _ => "1 − cosine",
    };

    /// <summary>
    /// Sign of the change from the early to the late phase, as the output comes nearer; 0 where both directions occur, as a layer's
    /// influence says nothing about how far the output is.
    /// </summary>
    public static int Direction(this Criterion criterion) => criterion switch
    {
        Criterion.Trajectory or Criterion.VocabularyKl => -1,
        Criterion.TopOneAgreement => 1,
        _ => 0,
    };
}
