using System.Text.Json.Nodes;
using System.Xml.Linq;
using Grafting.Recipes.Schema;
using Grafting.Recipes.Study;
using Grafting.Tests.Support;

namespace Grafting.Tests.Recipes.Study;

public class StudyRunTests
{
    static readonly string[] Times = ["trainSeconds", "askSeconds"];

    [Test]
    public void A_second_run_gives_the_same_tables_whatever_the_number_of_jobs()
    {
        using var folder = new TempFolder();
        var first = Run(folder, "first", jobs: 1);
        var second = Run(folder, "second", jobs: 3);
        Assert.That(first.Cells, Has.Count.EqualTo(3));
        Assert.That(WithoutTimes(folder, "second"), Is.EqualTo(WithoutTimes(folder, "first")));
        Assert.That(Page(folder, "second"), Is.EqualTo(Page(folder, "first")));
        Assert.That(second.Cells.Values.Select(cell => cell.Flops), Has.All.GreaterThan(0));
        foreach (var figure in Directory.EnumerateFiles(folder["first/report/figures"]))
        {
            Assert.That(
                File.ReadAllText(figure), Is.EqualTo(File.ReadAllText(figure.Replace("/first/", "/second/", StringComparison.Ordinal))));
            Assert.That(XDocument.Load(figure).Root!.Name.LocalName, Is.EqualTo("svg"));
        }

        // Goes on: what is there stays, what is missing is made again and comes out the same.
        var cells = Directory.GetFiles(folder["first/cells"]).Order().ToList();
        var before = cells.ConvertAll(File.GetLastWriteTimeUtc);
        File.Delete(cells[0]);
        var expected = WithoutTimes(folder, "first");
        Assert.That(StudyRun.Expect(Request(folder, "first", 1)).Done.Values.Sum(), Is.EqualTo(2));
        Run(folder, "first", jobs: 1);
        Assert.That(cells.ConvertAll(File.GetLastWriteTimeUtc).Skip(1), Is.EqualTo(before.Skip(1)));
        Assert.That(WithoutTimes(folder, "first"), Is.EqualTo(expected));
    }

    static StudyRequest Request(TempFolder folder, string name, int jobs) =>
        new(folder[name], Path.Combine(folder[name], "report"), RecipeFile.Load("study"), StudyScale.ForQuick, null, jobs);

    static StudyResults Run(TempFolder folder, string name, int jobs) => StudyRun.Run(Request(folder, name, jobs));

    static string WithoutTimes(TempFolder folder, string name)
    {
        var results = JsonNode.Parse(File.ReadAllText(folder[$"{name}/report/results.json"]))!;
        foreach (var cell in results["cells"]!.AsArray())
            foreach (var time in Times) Assert.That(cell!.AsObject().Remove(time), Is.True);
        return results.ToJsonString();
    }

    /// <summary>The page up to what time it took; the table of the main comparison ends with seconds.</summary>
    static string Page(TempFolder folder, string name)
    {
        var page = File.ReadAllText(folder[$"{name}/report/README.md"]);
        var lines = page[..page.IndexOf("## Time and machine", StringComparison.Ordinal)].Split('\n');
        var seconds = Array.FindIndex(lines, line => line.Contains("seconds, surrogate", StringComparison.Ordinal));
        Assert.That(seconds, Is.GreaterThan(0));
        return string.Join('\n', lines.Where((_, i) => i != seconds + 2));
    }
}
