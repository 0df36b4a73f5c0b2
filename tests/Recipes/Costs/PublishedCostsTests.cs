using Grafting.Recipes.Costs;
using Grafting.Tests.Cli;

namespace Grafting.Tests.Recipes.Costs;

public class PublishedCostsTests
{
    // Worked out by hand from the five hours that the paper gives.
    [TestCase("ours", 19.17, 19.17)]
    [TestCase("LoRA", 26.18, 26.18)]
    [TestCase("baseline, all data", 34.79, 34.79)]
    [TestCase("saving against the baseline", 44.898, 44.9)]
    [TestCase("saving against LoRA", 26.776, 26.8)]
    [TestCase("decoder stage is 20 % of the baseline's", 5.556, 5.56)]
    [TestCase("before the target is touched, ours − baseline", 6.60, null)]
    [TestCase("baseline on the same 20 %: the fair one", 12.57, null)]
    [TestCase("adapter stage, from the encoder stage", 7.0432, 7.01)]
    [TestCase("full fine-tuning over its operations", 2.6433, null)]
    public void Every_published_figure_follows_from_the_hours(string name, double recomputed, double? published)
    {
        var check = PublishedCosts.Checks().Single(check => check.Name == name);
        Assert.Multiple(() =>
        {
            Assert.That(check.Recomputed, Is.EqualTo(recomputed).Within(0.0006));
            Assert.That(check.Published, Is.EqualTo(published));
            Assert.That(check.Agrees, Is.EqualTo(published is null ? (bool?)null : true));
        });
    }

    [Test]
    public void A_figure_that_does_not_follow_would_be_seen() =>
        Assert.That(
            PublishedCosts.Checks()[0] with { Published = 19.5 },
            Has.Property("Agrees").EqualTo(false).And.Property("Verdict").EqualTo("differs"));

    [Test]
    public void The_command_shows_figures_sources_and_verdicts()
    {
        var (shown, json) = (CliRun.Of("cost", "--check", "zero"), CliRun.Of("cost", "--check", "zero", "--json").Json());
        Assert.Multiple(() =>
        {
            Assert.That(shown.Code, Is.Zero, shown.Error);
            Assert.That(
                shown.Output,
                Does.Contain("44.9 %").And.Contain("12.57 h").And.Contain("within 0.5 %").And.Contain("Figure 2")
                    .And.Contain("not published"));
            Assert.That(shown.Output.Split('\n').Select(line => line.TrimEnd().Length), Has.All.LessThanOrEqualTo(110));
            Assert.That(json.GetProperty("schema").GetString(), Is.EqualTo("graft.cost-check/1"));
            Assert.That(json.GetProperty("checks").GetArrayLength(), Is.EqualTo(10));
            Assert.That(json.GetProperty("checks")[8].GetProperty("agrees").GetBoolean(), Is.True);
        });
    }
}
