using Grafting.Core;
using Grafting.Core.Running;
using Grafting.Recipes.Costs;
using Grafting.Tests.Support;

namespace Grafting.Tests.Recipes.Costs;

/// <summary>Against sums done by hand; the sizes are those of <see cref="SampleLedger"/>.</summary>
public class CostComparisonTests
{
    // One layer: q and o 4·4, k and v 4·2, gate, up, down 4·8. The stage 'see' reads pictures only: 10 positions, 100 pairs, 2 predicted a
    // sample.
    const double Layer = 16 + 16 + 8 + 8 + (3 * 32), Head = 40, Patches = 2 * 12, Block = (4 * 4) + (2 * 6), First = 2 * 4, Second = 4 * 4;
    const double Tower = (2 * Patches * 4) + (2 * Block * 5) + (4 * 25 * 2), Adapter = 2 * (First + Second) * 5;
    const double Layers = 8 * ((2 * Layer * 10) + (4 * 100 * 4)), Logits = 2 * Head * 2;
    const double Forward = Tower + Adapter + Layers + Logits;

    // Attention costs twice as much on the way back as forward, everything else the same once for what comes through.
    const double Through = (8 * ((2 * Layer * 10) + (2 * 4 * 100 * 4))) + Logits;

    // The first layer of the adapter meets no gradient of its own input where the tower is frozen.
    const double AdapterAlone = Forward + Through + (2 * Second * 5) + Adapter;

    const double FullTraining =
        Forward + Through + (2 * Adapter) + (2 * Block * 5) + (2 * 4 * 25 * 2) + (2 * Block * 5) + (8 * 2 * Layer * 10) + Logits;

    // 40e6 operations in 10 s.
    const double Speed = 4e6;

    static readonly CostPart[] Preparation = [new("surrogate", Basis.Measured, null, null, 2.5)];

    [Test]
    public void Without_a_fraction_the_fair_baseline_is_the_adapter_alone()
    {
        var comparison = CostComparison.Of(SampleLedger.Of(), Preparation, new ComparisonRequest());
        Assert.Multiple(() =>
        {
            Assert.That(
                comparison.All.Parts.Select(part => part.Flops),
                Is.EqualTo(new double?[] { 40 * AdapterAlone, 100 * FullTraining }).Within(1e-9).Percent);
            Assert.That(comparison.All.Seconds, Is.EqualTo((40 * AdapterAlone + 100 * FullTraining) / Speed).Within(1e-9).Percent);
            Assert.That(comparison.SameFraction.Parts, Has.Count.EqualTo(1));
            Assert.That(comparison.SameFraction.Seconds, Is.EqualTo(40 * AdapterAlone / Speed).Within(1e-9).Percent);
            Assert.That(comparison.Ours.Seconds, Is.EqualTo(12.5), "surrogate, align, see");
            Assert.That(
                comparison.Routes.Select(route => route.Basis), Is.EqualTo(new[] { Basis.Estimated, Basis.Estimated, Basis.Measured }));
        });
    }

    [Test]
    public void A_fraction_adds_the_same_training_of_the_target_to_ours_and_to_the_fair_baseline()
    {
        var request = new ComparisonRequest(Fraction: 0.2, AdapterSamples: 558, DecoderSamples: 600, FullFactor: 2);
        var comparison = CostComparison.Of(SampleLedger.Of(), Preparation, request);
        const double Share = 0.2 * 600 * FullTraining;
        Assert.Multiple(() =>
        {
            Assert.That(comparison.All.Seconds, Is.EqualTo((558 * AdapterAlone + 2 * 600 * FullTraining) / Speed).Within(1e-9).Percent);
            Assert.That(comparison.SameFraction.Seconds, Is.EqualTo((558 * AdapterAlone + 2 * Share) / Speed).Within(1e-9).Percent);
            Assert.That(comparison.Ours.Seconds, Is.EqualTo(12.5 + 2 * Share / Speed).Within(1e-9).Percent);
            Assert.That(comparison.Ours.Flops, Is.EqualTo(40e6 + Share).Within(1e-9).Percent, "the factor is one of time");
            Assert.That(comparison.Ours.Basis, Is.EqualTo(Basis.Estimated));
        });
    }

    [Test]
    public void Runs_that_were_made_take_the_place_of_estimates()
    {
        var tuned = SampleLedger.Of() with { Stages = [SampleLedger.See with { Name = "finetune", Samples = 25, Seconds = 7 }] };
        var baseline = SampleLedger.Of() with { Repeated = new(2, 0.5) };
        var comparison = CostComparison.Of(
            SampleLedger.Of(), [], new ComparisonRequest(FineTune: tuned, MeasuredAll: [baseline, tuned], MeasuredFraction: [tuned]));
        Assert.Multiple(() =>
        {
            Assert.That(comparison.Fraction, Is.EqualTo(0.25));
            Assert.That(comparison.Routes.Select(route => route.Basis), Has.All.EqualTo(Basis.Measured));
            Assert.That(comparison.All.Seconds, Is.EqualTo(4 + 6 + 0.5 + 7));
            Assert.That(comparison.SameFraction.Seconds, Is.EqualTo(7));
            Assert.That(comparison.Ours.Seconds, Is.EqualTo(4 + 6 + 7));
        });
    }

    [Test]
    public void A_part_that_nobody_timed_is_missing_and_said_to_be()
    {
        var comparison = CostComparison.Of(
            SampleLedger.Of(), [new("surrogate", Basis.Measured, null, null, null)], new ComparisonRequest());
        Assert.Multiple(() =>
        {
            Assert.That(comparison.Ours.Incomplete, Is.True);
            Assert.That(comparison.Ours.Seconds, Is.EqualTo(10));
            Assert.That(CostWording.Notes(comparison), Has.Some.Contains("was not recorded in this workspace"));
        });
    }

    [Test]
    public void The_words_say_the_difference_and_on_what_it_rests()
    {
        var tuned = SampleLedger.Of() with { Stages = [SampleLedger.See with { Seconds = 5 }] };
        var measured = CostComparison.Of(
            SampleLedger.Of(), [], new ComparisonRequest(MeasuredAll: [tuned, tuned, tuned, tuned], MeasuredFraction: [tuned]));
        Assert.That(CostWording.Notes(measured), Is.SupersetOf(new[]
        {
            "Ours takes 10.0 s, 'no surrogate, all data' 20.0 s: 50 % less (measured).",
            "Ours takes 10.0 s, 'no surrogate, our data' 5.0 s: 100 % more (measured).",
        }));
        var estimated = CostComparison.Of(SampleLedger.Of(), [], new ComparisonRequest());
        Assert.That(
            CostWording.Notes(estimated), Has.Some.Contains("2.64 times what its operations explain").And.Some.Contains("(estimated)."));
    }

    [TestCase(-0.1, 1, "--fraction is -0.1")]
    [TestCase(1.1, 1, "--fraction is 1.1")]
    [TestCase(0.1, 0, "--full-factor is 0")]
    public void A_value_out_of_range_is_named(double fraction, double factor, string message) => Assert.That(
        () => CostComparison.Of(SampleLedger.Of(), [], new ComparisonRequest(Fraction: fraction, FullFactor: factor)),
        Throws.TypeOf<GraftException>().With.Message.Contains(message));

    [Test]
    public void A_run_without_pictures_cannot_be_compared() => Assert.That(
        () => CostComparison.Of(SampleLedger.Of() with { Stages = [] }, [], new ComparisonRequest()),
        Throws.TypeOf<GraftException>().With.Message.Contains("has read no pictures yet"));

    [Test]
    public void The_workspace_remembers_what_a_surrogate_and_an_analysis_took()
    {
        using var folder = new TempFolder();
        var log = new RouteLog(folder["grafts"]);
        log.Add(ArtefactKind.Surrogate, folder["grafts/surrogates/toy"], folder["toy"], TimeSpan.FromSeconds(1));
        log.Add(ArtefactKind.Analysis, folder["grafts/analyses/toy"], folder["toy"], TimeSpan.FromSeconds(4));
        log.Add(ArtefactKind.Surrogate, folder["grafts/surrogates/toy"], folder["toy"], TimeSpan.FromSeconds(2.5));
        Directory.Move(folder["grafts"], folder["moved"]);
        var moved = new RouteLog(folder["moved"]);
        Assert.Multiple(() =>
        {
            Assert.That(moved.Of(ArtefactKind.Surrogate, folder["moved/surrogates/toy"]), Is.EqualTo(2.5), "the last one");
            Assert.That(moved.From(ArtefactKind.Analysis, folder["toy"]), Is.EqualTo(4));
            Assert.That(moved.Of(ArtefactKind.Surrogate, folder["moved/surrogates/other"]), Is.Null);
            Assert.That(new RouteLog(folder["none"]).Of(ArtefactKind.Surrogate, folder["toy"]), Is.Null);
        });
        File.AppendAllText(folder["moved/costs.jsonl"], "{\"kind\":");
        Assert.That(
            () => moved.From(ArtefactKind.Analysis, folder["toy"]),
            Throws.TypeOf<GraftException>().With.Message.Contains("costs.jsonl, line 4 is damaged"));
    }
}
