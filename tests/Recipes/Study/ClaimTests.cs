using Grafting.Core.Evaluation;
using Grafting.Recipes.Study;

namespace Grafting.Tests.Recipes.Study;

public class ClaimTests
{
    [TestCase(1, 3, 0.01, Verdict.Reproduced)]
    [TestCase(1, 3, 0.2, Verdict.Inconclusive)]
    [TestCase(-1, 3, 0.01, Verdict.Inconclusive)]
    [TestCase(-3, -1, 0.01, Verdict.NotReproduced)]
    [TestCase(-3, -1, 0.2, Verdict.Inconclusive)]
    public void The_interval_and_the_adjusted_p_decide_together(double low, double high, double p, Verdict expected) =>
        Assert.That(Claim(low, high, p).Verdict, Is.EqualTo(expected));

    [Test]
    public void What_does_not_exist_is_refuted() =>
        Assert.That(new Claim("transition", "layers", null, 0, null).Verdict, Is.EqualTo(Verdict.NotReproduced));

    [Test]
    public void One_refuted_claim_refutes_the_hypothesis() =>
        Assert.That(Of(Claim(1, 3, 0.01), Claim(-3, -1, 0.01), Claim(-1, 1, 1)).Verdict, Is.EqualTo(Verdict.NotReproduced));

    [Test]
    public void One_open_claim_leaves_it_open() =>
        Assert.That(Of(Claim(1, 3, 0.01), Claim(-1, 1, 1)).Verdict, Is.EqualTo(Verdict.Inconclusive));

    [Test]
    public void A_hypothesis_with_a_claim_left_unasked_is_not_reproduced() =>
        Assert.That((Of(Claim(1, 3, 0.01)) with { Complete = false }).Verdict, Is.EqualTo(Verdict.Inconclusive));

    [Test]
    public void Without_claims_it_was_not_asked() => Assert.That(Of().Verdict, Is.EqualTo(Verdict.NotAsked));

    static Claim Claim(double low, double high, double p) =>
        new("", "points", new Interval((low + high) / 2, low, high), 0, p) { AdjustedP = p };

    static Hypothesis Of(params Claim[] claims) => new("H0", "", "", claims);
}
