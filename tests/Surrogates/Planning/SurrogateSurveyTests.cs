using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Surrogates;
using Grafting.Surrogates.Planning;

namespace Grafting.Tests.Surrogates.Planning;

public class SurrogateSurveyTests
{
    static TargetShape Shape(int layers) => TargetShape.Read(TinyTarget.Element(TinyTarget.Config(layers)), "config.json", []);

    static PlanRequest At(int transition, int layers, PlanLimits? limits = null, Speed? speed = null) =>
        PlanTarget.Request(limits, speed, KnownTransition.At(transition, Shape(layers)));

    [Test]
    public void Every_cut_with_one_translator_and_the_last_layer_is_a_candidate_that_can_be_built([Values(4, 5, 33)] int depth)
    {
        var survey = PlanTarget.Survey(depth);
        Assert.That(survey.Candidates, Has.Count.EqualTo(depth - 3));
        foreach (var candidate in survey.Candidates)
        {
            var cut = CutRequest.Parse(null, candidate.Cut["--replace ".Length..]);
            var plan = SurrogatePlan.Create(TinyTarget.Element(TinyTarget.Config(depth)), cut);
            Assert.That(
                (plan.Layers.Count, plan.Parameters.Total, plan.BytesRead),
                Is.EqualTo((candidate.Cost.Layers, candidate.Cost.Parameters, candidate.BytesRead)));
        }
    }

    [Test]
    public void A_target_without_room_for_a_cut_is_refused() =>
        Assert.That(() => PlanTarget.Survey(3), Throws.TypeOf<GraftException>().With.Message.Contains("3 layers; a cut needs at least 4"));

    [Test]
    public void The_front_has_exactly_those_that_no_other_beats()
    {
        foreach (var transition in new[] { 1, 7, 19 })
        {
            var survey = PlanTarget.Survey(20, At(transition, 20));
            foreach (var candidate in survey.Candidates)
            {
                (double Risk, double Flops, double Memory) mine = (
                    candidate.LayersBeforeTransition, candidate.Cost.Flops, candidate.Cost.PeakMemory);
                var beaten = survey.Candidates.Any(other => other != candidate
                    && other.LayersBeforeTransition <= mine.Risk && other.Cost.Flops <= mine.Flops && other.Cost.PeakMemory <= mine.Memory
                    && (other.LayersBeforeTransition, other.Cost.Flops, (double)other.Cost.PeakMemory) != mine);
                Assert.That(candidate.ParetoOptimal, Is.EqualTo(!beaten), $"prefix {candidate.KeptPrefix}, transition {transition}");
            }
            Assert.That(survey.Candidates.Count(candidate => candidate.ParetoOptimal), Is.EqualTo(Math.Min(transition, 17)));
        }
    }

    [Test]
    public void The_cheapest_without_risk_is_recommended_where_it_fits()
    {
        var free = PlanTarget.Survey(20, At(7, 20));
        var speed = new Speed(1e12, "a test");
        var enough = free.Candidates[6].Cost.PeakMemory;
        Assert.Multiple(() =>
        {
            Assert.That(free.Recommended!.KeptPrefix, Is.EqualTo(7));
            Assert.That(free.Nearest, Is.Null);
            Assert.That(PlanTarget.Survey(20, At(7, 20, new PlanLimits(enough))).Recommended!.KeptPrefix, Is.EqualTo(7));
            Assert.That(PlanTarget.Survey(20, At(7, 20, new PlanLimits(Hours: 1e5), speed)).Recommended!.KeptPrefix, Is.EqualTo(7));
        });
    }

    [Test]
    public void Where_none_fits_the_nearest_says_by_how_much_it_misses()
    {
        var work = new TrainingWorkload(TensorType.BF16, Batch: 64);
        PlanRequest Request(PlanLimits limits, Speed? speed = null) =>
            PlanTarget.Request(limits, speed, KnownTransition.At(7, Shape(20)), work);
        var free = PlanTarget.Survey(20, Request(new PlanLimits()));
        var (short1, at) = (free.Candidates[3].Cost.PeakMemory, free.Candidates[6].Cost);
        Assert.That(short1, Is.LessThan(at.PeakMemory), "the case needs memory that grows with depth");

        var tight = PlanTarget.Survey(20, Request(new PlanLimits(short1)));
        var late = PlanTarget.Survey(20, Request(new PlanLimits(Hours: 1), new Speed(at.Flops / 3600 / 2.5, "a test")));
        Assert.Multiple(() =>
        {
            Assert.That(tight.Recommended, Is.Null);
            Assert.That(tight.Nearest, Is.EqualTo(new NearestMiss(7, 0, at.PeakMemory - short1, 0, 4)));
            Assert.That(late.Nearest!.HoursMissing, Is.EqualTo(1.5).Within(1e-6));
            Assert.That(late.Nearest.MemoryMissing, Is.Zero);
            Assert.That(PlanTarget.Survey(20, Request(new PlanLimits(1000))).Nearest!.LargestFitting, Is.Null);
        });
    }

    [Test]
    public void A_transition_behind_the_last_possible_cut_leaves_nothing_without_risk()
    {
        var survey = PlanTarget.Survey(20, At(19, 20));
        Assert.That(survey.Recommended, Is.Null);
        Assert.That(survey.Nearest, Is.EqualTo(new NearestMiss(17, 2, 0, 0, 17)));
    }

    [Test]
    public void Published_transitions_are_those_of_the_same_shape_and_else_borrowed()
    {
        var own = PlanTarget.Survey(PlanTarget.Real("meta-llama-3.1-70B-Instruct"));
        var borrowed = PlanTarget.Survey(PlanTarget.Real("meta-llama-3.2-1B-Instruct"));
        Assert.Multiple(() =>
        {
            Assert.That(own.Transition.Layer, Is.EqualTo(40));
            Assert.That(own.Transition.Source, Does.StartWith("published cut of this shape"));
            Assert.That(own.Candidates.Single(candidate => candidate.Published).KeptPrefix, Is.EqualTo(40));
            // 16 of 28 layers, scaled to 16 and rounded up.
            Assert.That(borrowed.Transition.Layer, Is.EqualTo(10));
            Assert.That(borrowed.Transition.Source, Is.EqualTo("borrowed from Llama-3.2-3B-Instruct, cut at layer 16 of 28"));
            Assert.That(borrowed.Candidates, Has.None.Property(nameof(SurrogateCandidate.Published)).True);
        });
    }

    [TestCase(6, "1 layer before it")]
    [TestCase(2, "5 layers before it")]
    [TestCase(7, "at or after it")]
    [TestCase(12, "at or after it")]
    public void The_risk_is_said_in_words(int prefix, string words) =>
        Assert.That(PlanTarget.Survey(20, At(7, 20)).Candidates[prefix - 1].Risk, Is.EqualTo(words));

    [TestCase(0)]
    [TestCase(20)]
    public void A_transition_outside_of_the_target_is_a_usage_error(int layer) =>
        Assert.That(() => At(layer, 20), Throws.TypeOf<GraftException>().With.Message.Contains("between 1 and 19"));

    [Test]
    public void The_short_list_is_about_a_dozen_with_everything_that_has_a_name()
    {
        var survey = PlanTarget.Survey(PlanTarget.Real("meta-llama-3.1-70B-Instruct"));
        var prefixes = survey.Shortlist().Select(candidate => candidate.KeptPrefix).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(prefixes, Has.Count.InRange(12, 15));
            Assert.That(prefixes, Is.Ordered.And.Unique.And.SupersetOf(new[] { 1, 40, 77 }));
            Assert.That(PlanTarget.Survey(5).Shortlist(), Has.Count.EqualTo(2));
        });
    }

    [TestCase("80GB", 80_000_000_000)]
    [TestCase("80 gb", 80_000_000_000)]
    [TestCase("80GiB", 85_899_345_920)]
    [TestCase("1.5MiB", 1_572_864)]
    [TestCase("512KB", 512_000)]
    [TestCase("2TiB", 2_199_023_255_552)]
    [TestCase("100B", 100)]
    public void Memory_is_read_with_its_unit(string text, long bytes) => Assert.That(ByteAmount.Parse(text, "--memory"), Is.EqualTo(bytes));

    [TestCase("80")]
    [TestCase("GB")]
    [TestCase("-1GB")]
    [TestCase("80GBs")]
    [TestCase("8iB")]
    [TestCase("1e3GB")]
    [TestCase("0GB")]
    [TestCase("9999999999TB")]
    public void Memory_that_is_not_understood_is_a_usage_error_with_the_form(string text) =>
        Assert.That(() => ByteAmount.Parse(text, "--memory"), Throws.TypeOf<GraftException>()
            .With.Message.Contains($"--memory is \"{text}\"").And.Property(nameof(GraftException.Remedy)).Contains("e.g. 80GB"));

    [TestCase("1000", 1000, 0)]
    [TestCase("1000,500", 1000, 500)]
    public void Samples_are_of_one_or_both_stages(string text, long one, long two) =>
        Assert.That(SampleCounts.Parse(text), Is.EqualTo(new SampleCounts(one, two)));

    [TestCase("")]
    [TestCase("1,2,3")]
    [TestCase("many")]
    [TestCase("-1")]
    public void Samples_that_are_no_numbers_are_a_usage_error(string text) =>
        Assert.That(() => SampleCounts.Parse(text), Throws.TypeOf<GraftException>());
}
