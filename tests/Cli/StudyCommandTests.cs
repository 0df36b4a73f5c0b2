using Grafting.Cli;
using Grafting.Tests.Support;

namespace Grafting.Tests.Cli;

public class StudyCommandTests
{
    [Test]
    public void A_dry_run_lists_the_trainings_and_makes_nothing()
    {
        using var folder = new TempFolder();
        var run = CliRun.Of("study", "--dry-run", "--seeds", "2", "--json", "--workspace", folder["workspace"]);
        Assert.That(run.Code, Is.Zero, run.Error);
        var plan = run.Json();
        Assert.That(
            plan.GetProperty("groups").EnumerateArray().Select(group => group.GetProperty("letter").GetString()),
            Is.EqualTo(new[] { "B", "C", "D", "E", "F", "G", "H" }));
        var conditions = plan.GetProperty("groups").EnumerateArray().SelectMany(
            group => group.GetProperty("conditions").EnumerateArray().Select(name => name.GetString()));
        Assert.That(plan.GetProperty("cells").GetInt32(), Is.EqualTo(2 * conditions.Distinct().Count()));
        Assert.That(plan.GetProperty("done").GetInt32(), Is.Zero);
        Assert.That(folder.Entries(), Is.Empty);
    }

    [Test]
    public void A_group_that_there_is_not_is_refused_with_those_that_there_are()
    {
        var run = CliRun.Of("study", "--dry-run", "--only", "BZ");
        Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(run.Error, Does.Contain("'Z'").And.Contain("main comparison"));
    }

    [Test]
    public void A_number_of_seeds_that_is_none_is_refused()
    {
        var run = CliRun.Of("study", "--dry-run", "--seeds", "0");
        Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(run.Error, Does.Contain("--seeds is 0"));
    }
}
