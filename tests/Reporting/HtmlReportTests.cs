using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Grafting.Core.Evaluation;
using Grafting.Core.Reporting;
using Grafting.Tests.Support;

namespace Grafting.Tests.Reporting;

public class HtmlReportTests
{
    [Test]
    public void Every_figure_of_the_table_is_that_of_the_result()
    {
        var report = SampleReport.Make();
        var page = HtmlReport.Render(report);
        Assert.Multiple(() =>
        {
            foreach (var (name, score) in report.Result.Systems)
            {
                var (match, nll) = (score.ExactMatch, score.Nll);
                var row = Regex.Match(page, $"<tr><th scope=\"row\"><span class=\"{name}\">.*?</tr>", RegexOptions.Singleline).Value;
                Assert.That(
                    row,
                    Does.Contain(
                        FormattableString.Invariant($"<td>{match.Value:0.0} <small>({match.Low:0.0} to {match.High:0.0})</small></td>")));
                Assert.That(
                    row,
                    Does.Contain(
                        FormattableString.Invariant($"<td>{nll.Value:0.000} <small>({nll.Low:0.000} to {nll.High:0.000})</small></td>")));
                foreach (var (type, found) in score.ByType)
                    Assert.That(
                        page, Does.Match(FormattableString.Invariant($"<th scope=\"row\">{type}</th>.*<td>{found.ExactMatch:0.0}</td>")));
            }
        });
    }

    [Test]
    public void Costs_are_a_section_with_their_words_escaped_and_absent_where_they_are_not_known()
    {
        var section = new CostSection(
            [new ReportTable("Three <routes>", ["route", "time"], [["ours & theirs", "1.5 s"], ["", "2.5 s"]])], ["Measured < estimated."]);
        var page = HtmlReport.Render(SampleReport.Make() with { Cost = section });
        Assert.Multiple(() =>
        {
            Assert.That(
                page,
                Does.Contain("<h2>What it cost</h2>").And.Contain("<h3>Three &lt;routes&gt;</h3>").And.Contain("Measured &lt; estimated."));
            Assert.That(page, Does.Contain("<tr><th scope=\"row\">ours &amp; theirs</th><td>1.5 s</td></tr>"));
            Assert.That(HtmlReport.Render(SampleReport.Make()), Does.Not.Contain("What it cost"));
        });
    }

    [Test]
    public void Drawings_are_well_formed_and_hold_a_mark_for_every_system()
    {
        var report = SampleReport.Make();
        var drawings = Regex.Matches(
            HtmlReport.Render(report), "<svg.*?</svg>", RegexOptions.Singleline).Select(match => XElement.Parse(match.Value)).ToList();
        XNamespace svg = "http://www.w3.org/2000/svg";
        var marks = drawings[0].Descendants(svg + "circle").ToList();
        Assert.That(marks, Has.Count.EqualTo(4));
        // 0 to 100 percent lie on 118 to 584 of the drawing.
        var expected = report.Result.Systems.Select(system => 118 + 4.66 * system.Value.ExactMatch.Value);
        Assert.That(marks.Select(mark => (double)mark.Attribute("cx")!), Is.EqualTo(expected).Within(0.01));
    }

    [Test]
    public void The_page_as_a_whole_is_well_formed_but_for_its_empty_tags()
    {
        var page = HtmlReport.Render(SampleReport.Make());
        var closed = Regex.Replace(page.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal), "<(meta|img)([^>]*)>", "<$1$2/>");
        Assert.DoesNotThrow(() => XElement.Parse(closed));
    }

    [Test]
    public void Nothing_from_outside_becomes_markup()
    {
        var sample = SampleReport.Make(questions: 3);
        const string evil = "<script>alert('x')</script>\"&\0\u001b";
        var example = new Example(evil, evil, evil, evil, evil, [new("graft", new ExampleAnswer(evil, false, 1))]);
        var page = HtmlReport.Render(sample with
        {
            Title = evil,
            Facts = [new(evil, evil)],
            Notes = [evil],
            Result = sample.Result with { Target = evil, Examples = [example], Seconds = [new(evil, 1)] },
        });
        Assert.Multiple(() =>
        {
            Assert.That(page, Does.Not.Contain("<script"));
            Assert.That(page, Does.Contain("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;\uFFFD\uFFFD"));
            Assert.That(page, Does.Not.Contain("\0"));
        });
    }

    [Test]
    public void The_page_allows_itself_only_its_own_style_and_pictures()
    {
        var page = HtmlReport.Render(SampleReport.Make());
        var style = Regex.Match(page, "<style>(.*?)</style>", RegexOptions.Singleline).Groups[1].Value;
        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)));
        Assert.Multiple(() =>
        {
            Assert.That(page, Does.Contain($"default-src &#39;none&#39;; img-src data:; style-src &#39;sha256-{hash}&#39;"));
            Assert.That(page, Does.Not.Contain(" style="));
            Assert.That(Regex.Matches(page, "(?:src|href)=\"(?!data:)"), Is.Empty);
            Assert.That(Regex.Matches(page, "https?://(?!www.w3.org/2000/svg)"), Is.Empty);
        });
    }

    [Test]
    public void A_result_without_training_pictures_or_layers_still_makes_a_page()
    {
        var sample = SampleReport.Make(questions: 3);
        var page = HtmlReport.Render(sample with
        {
            Layers = null,
            Curves = [],
            Pictures = new Dictionary<string, byte[]>(),
            Result = sample.Result with { Systems = [sample.Result.Systems[1]], Differences = [], Seconds = [] },
        });
        Assert.That(page, Does.Contain("held-out questions exactly."));
    }

    [Test]
    public void The_file_is_written_whole()
    {
        using var folder = new TempFolder();
        HtmlReport.Write(folder["report.html"], SampleReport.Make(questions: 6));
        Assert.That(File.ReadAllText(folder["report.html"]), Does.EndWith("</html>\n"));
        Assert.That(folder.Entries(), Is.EqualTo(new[] { "report.html" }));
    }
}
