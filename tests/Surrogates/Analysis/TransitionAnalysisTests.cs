using Grafting.Core;
using Grafting.Core.Evaluation;
using Grafting.Surrogates;
using Grafting.Surrogates.Analysis;

namespace Grafting.Tests.Surrogates.Analysis;

public class TransitionAnalysisTests
{
    [Test]
    public void The_prototype_is_cut_behind_its_three_early_layers()
    {
        var analysis = TransitionAnalysis.Of(SyntheticCurves.Measurements(Family.Prototype, 1), seed: 7);
        Assert.Multiple(() =>
        {
            Assert.That(analysis.Trajectory, Is.EqualTo(new Transition(4, 4, 4, 1)));
            Assert.That(analysis.Proposal, Is.EqualTo(new LayerRange(4, 6)));
            Assert.That(analysis.NoProposal, Is.Null);
            Assert.That(analysis.Disagreements, Is.Empty);
            Assert.That(analysis.Findings[Criterion.TopOneAgreement].Transition!.Layer, Is.EqualTo(4));
        });
    }

    [Test]
    public void The_proposal_begins_at_the_upper_end_of_the_interval_and_is_a_cut_that_can_be_built([Range(0, 20)] int seed)
    {
        var family = (Family)(seed % 7);
        var measurements = SyntheticCurves.Measurements(family, (ulong)seed, samples: 40, noise: 0.3);
        var analysis = TransitionAnalysis.Of(measurements, 1);
        var transition = analysis.Trajectory!;
        Assert.Multiple(() =>
        {
            Assert.That(transition.Layer, Is.InRange(transition.Low, transition.High));
            Assert.That(transition.Support, Is.InRange(0, 1));
            var cut = analysis.Proposal!.Value;
            Assert.That((cut.First, cut.Last), Is.EqualTo((transition.High, measurements.Layers - 2)));
            Assert.That(CutRequest.Parse(null, cut.ToString()).Resolve(measurements.Layers), Is.EqualTo(new[] { cut }));
        });
    }

    [Test]
    public void Noise_widens_the_interval_and_lowers_the_support()
    {
        var findings = new[] { 0.05, 0.2, 0.5 }.Select(noise => Enumerable.Range(0, 10)
            .Select(i => TransitionAnalysis.Of(SyntheticCurves.Measurements(Family.Llama, (ulong)i, samples: 60, noise), 1).Trajectory!)
            .ToList()).ToList();
        double[] widths = [.. findings.Select(all => all.Average(found => found.High - found.Low))];
        double[] supports = [.. findings.Select(all => all.Average(found => found.Support))];
        Assert.That(widths, Is.Ordered.Ascending.And.Unique, string.Join(' ', widths));
        Assert.That(supports, Is.Ordered.Descending.And.Unique, string.Join(' ', supports));
    }

    [Test]
    public void More_samples_narrow_the_interval_of_the_mean()
    {
        double Width(int samples) =>
            TransitionAnalysis.Of(SyntheticCurves.Measurements(Family.Qwen, 3, samples), 1).Findings[Criterion.Trajectory]
            .Mean.Average(interval => interval.High - interval.Low);
        // Four times the samples: half the width, give or take the noise of the estimated spread.
        Assert.That(Width(200) / Width(50), Is.EqualTo(0.5).Within(0.1));
    }

    [Test]
    public void The_same_seed_gives_the_same_analysis()
    {
        var measurements = SyntheticCurves.Measurements(Family.Gemma, 2, samples: 20, noise: 0.6);
        TransitionAnalysis[] all = [.. new ulong[] { 4, 4, 5 }.Select(seed => TransitionAnalysis.Of(measurements, seed))];
        Assert.Multiple(() =>
        {
            foreach (var criterion in Enum.GetValues<Criterion>())
            {
                var (first, second) = (all[0].Findings[criterion], all[1].Findings[criterion]);
                Assert.That(second with { Mean = first.Mean }, Is.EqualTo(first));
                Assert.That(second.Mean, Is.EqualTo(first.Mean));
            }
            Assert.That(all[2].Findings[Criterion.Trajectory].Mean, Is.Not.EqualTo(all[0].Findings[Criterion.Trajectory].Mean));
        });
    }

    [Test]
    public void Criteria_that_disagree_with_the_trajectory_are_named_with_both_numbers()
    {
        var measurements = SyntheticCurves.Measurements(Family.Llama, 1);
        var late = SyntheticCurves.Make(Family.Straight, 1, noise: 0.05).Curves;
        foreach (var curve in late)
            for (var layer = 0; layer < 24; layer++) curve[layer] += 20;
        var analysis = TransitionAnalysis.Of(With(measurements, Criterion.BlockInfluence, late), 1);
        Assert.That(analysis.Disagreements, Is.EqualTo(new[]
        {
            $"Block influence sees the transition at layer 24 (24 to 24), the prediction trajectory at {analysis.Trajectory}: their "
                + "intervals do not meet.",
        }));
    }

    [Test]
    public void A_transition_of_another_criterion_alone_is_said_but_not_proposed()
    {
        var measurements = SyntheticCurves.Measurements(Family.Llama, 1);
        var analysis = TransitionAnalysis.Of(With(measurements, Criterion.Trajectory, SyntheticCurves.Make(Family.Straight, 2).Curves), 1);
        Assert.Multiple(() =>
        {
            Assert.That(analysis.Proposal, Is.Null);
            Assert.That(
                analysis.Findings[Criterion.Trajectory].Reason,
                Does.Match("^No transition is visible: .* \\(evidence −?[0-9.]+, 6 is strong\\)\\.$"));
            Assert.That(analysis.NoProposal, Does.StartWith("The prediction trajectory shows no transition. No transition is visible"));
            Assert.That(analysis.NoProposal, Does.Contain("Vocabulary KL at layer ").And.Contain(
                "block influence at layer ").And.EndWith("show one, but a cut is proposed from the prediction trajectory alone."));
        });
    }

    [Test]
    public void A_curve_that_turns_away_from_the_output_begins_no_late_phase()
    {
        var measurements = SyntheticCurves.Measurements(Family.Llama, 1);
        var rising = measurements.Values[Criterion.Trajectory].Select(curve => curve.Select(value => 20 - value).ToArray()).ToArray();
        var finding = TransitionAnalysis.Of(With(measurements, Criterion.Trajectory, rising), 1).Findings[Criterion.Trajectory];
        Assert.That(finding.Transition, Is.Null);
        Assert.That(finding.Reason, Does.Contain("away from the output"));
    }

    [Test]
    public void A_shallow_target_has_too_few_layers_for_a_change()
    {
        var analysis = TransitionAnalysis.Of(Constant(layers: 7, samples: 10, (sample, layer) => 7 - layer + 0.1 * sample), 1);
        Assert.That(
            analysis.NoProposal,
            Is.EqualTo("The prediction trajectory shows no transition. The target has 7 layers; a change can be told in at least 8."));
    }

    [Test]
    public void One_sample_has_no_interval()
    {
        var analysis = TransitionAnalysis.Of(SyntheticCurves.Measurements(Family.Prototype, 1, samples: 1), 1);
        Assert.That(analysis.NoProposal, Does.EndWith("Of 1 sample no interval can be taken; that needs at least 5."));
        Assert.That(analysis.Findings[Criterion.Trajectory].Mean[0].Low, Is.EqualTo(analysis.Findings[Criterion.Trajectory].Mean[0].High));
    }

    [Test]
    public void Constant_curves_show_nothing()
    {
        var analysis = TransitionAnalysis.Of(Constant(layers: 12, samples: 6, (_, layer) => layer == 11 ? 0 : 0.3), 1);
        Assert.That(
            analysis.NoProposal,
            Is.EqualTo("The prediction trajectory shows no transition. The curve is constant between its first and its last layer."));
    }

    [Test]
    public void The_latest_transition_leaves_two_layers_to_replace()
    {
        var analysis = TransitionAnalysis.Of(
            Constant(layers: 12, samples: 6, (sample, layer) => layer == 11 ? 0 : layer >= 9 ? 1 : 10 + 0.01 * sample), 1);
        Assert.That(analysis.Proposal, Is.EqualTo(new LayerRange(9, 10)));
    }

    [TestCase(double.NaN, "NaN")]
    [TestCase(double.PositiveInfinity, "Infinity")]
    public void A_value_that_is_no_number_is_named_with_sample_and_layer(double value, string printed)
    {
        var measurements = SyntheticCurves.Measurements(Family.Prototype, 1);
        measurements.Values[Criterion.VocabularyKl][3][5] = value;
        var fault = Assert.Throws<GraftException>(() => TransitionAnalysis.Of(measurements, 1));
        Assert.That((fault!.Kind, fault.Message), Is.EqualTo(
            (ErrorKind.Numerics, $"vocabulary_kl of sample \"sample 3\" is {printed} at layer 5; it must be finite.")));
    }

    [Test]
    public void Tables_of_another_size_are_refused()
    {
        var measurements = SyntheticCurves.Measurements(Family.Prototype, 1, samples: 6);
        (LayerMeasurements, string)[] cases =
        [
            (measurements with { Samples = [] }, "there is no sample to analyse."),
            (measurements with { Samples = ["a"] }, "trajectory_kl has the curves of 6 samples; expected 1."),
            (measurements with { Layers = 9 }, "trajectory_kl of sample \"sample 0\" has 8 layers; expected 9."),
            (measurements with { Values = new Dictionary<Criterion, double[][]>() }, "the measurements lack trajectory_kl."),
        ];
        Assert.Multiple(() =>
        {
            foreach (var (broken, message) in cases)
            {
                var fault = Assert.Throws<GraftException>(() => broken.Validate());
                Assert.That((fault!.Kind, fault.Message), Is.EqualTo((ErrorKind.Input, message)));
            }
        });
    }

    [Test]
    public void Intervals_of_the_mean_are_those_of_the_bootstrap_of_each_layer()
    {
        var curves = SyntheticCurves.Make(Family.Prototype, 1).Curves;
        var intervals = CurveBootstrap.Of(curves, seed: 3).Intervals();
        string[] names = [.. Enumerable.Range(0, curves.Length).Select(i => $"{i}")];
        Assert.Multiple(() =>
        {
            for (var layer = 0; layer < 8; layer++)
            {
                var expected = Bootstrap.Mean([.. curves.Select(curve => curve[layer])], names, seed: 3);
                // The same draws, summed in another order.
                Assert.That(intervals[layer].Value, Is.EqualTo(expected.Value).Within(1e-12));
                Assert.That(intervals[layer].Low, Is.EqualTo(expected.Low).Within(1e-12));
                Assert.That(intervals[layer].High, Is.EqualTo(expected.High).Within(1e-12));
            }
        });
    }

    static LayerMeasurements With(LayerMeasurements measurements, Criterion criterion, double[][] curves) =>
        measurements with
        {
            Values = measurements.Values.ToDictionary(pair => pair.Key, pair => pair.Key == criterion ? curves : pair.Value),
        };

    static LayerMeasurements Constant(int layers, int samples, Func<int, int, double> value)
    {
        double[][] curves =
            [.. Enumerable.Range(0, samples).Select(sample => Enumerable.Range(0, layers).Select(layer => value(sample, layer)).ToArray())];
        return new LayerMeasurements(
            [.. Enumerable.Range(0, samples).Select(i => $"s{i}")], layers,
            Enum.GetValues<Criterion>().ToDictionary(criterion => criterion, _ => curves));
    }
}
