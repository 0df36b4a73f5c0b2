using System.Text.Json;
using Grafting.Tests.Cli;
using Grafting.Tests.Support;

namespace Grafting.Tests.Regression;

/// <summary>The whole job on the built-in target. The floors are those of a prototype; the docs tell what is reached.</summary>
public class DemoTests
{
    [Test]
    public void The_demo_gives_a_graft_that_sees_and_keeps_what_the_pair_had()
    {
        using var folder = new TempFolder();
        var run = CliRun.Of("demo", "--json", "--workspace", folder.Path);
        Assert.That(run.Code, Is.Zero, run.Error);
        using var document = JsonDocument.Parse(run.Output);
        var root = document.RootElement;
        double Match(string system) =>
            root.GetProperty("systems").GetProperty(system).GetProperty("exactMatch").GetProperty("value").GetDouble();
        Assert.Multiple(() =>
        {
            Assert.That(root.GetProperty("schema").GetString(), Is.EqualTo("graft.transfer/1"));
            Assert.That(root.GetProperty("questions").GetInt32(), Is.GreaterThanOrEqualTo(1000));
            Assert.That(Match("text"), Is.GreaterThanOrEqualTo(95), "text bound");
            Assert.That(Match("graft"), Is.GreaterThanOrEqualTo(72), "graft");
            Assert.That(Match("graft") - Match("blind"), Is.GreaterThanOrEqualTo(35), "graft − blind");
            Assert.That(Match("graft"), Is.GreaterThanOrEqualTo(Match("pair") - 4), "graft against pair");
            Assert.That(File.ReadAllText(root.GetProperty("report").GetString()!), Does.Contain("<svg"));
        });
    }
}
