using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Grafting.Core.Reporting.Charts;
using Grafting.Surrogates.Analysis;
using Grafting.Tests.Support;

namespace Grafting.Tests.Surrogates.Analysis;

public class AnalysisReportTests
{
    static readonly XNamespace svg = "http://www.w3.org/2000/svg";

    static AnalysisResult Result(Family family, int samples = 40) =>
        AnalysisResult.Of(AnalysisResultTests.Facts, SyntheticCurves.Measurements(family, 1, samples));

    [Test]
    public void The_headline_names_the_transition_and_the_proposed_cut()
    {
        var result = Result(Family.Llama);
        var transition = result.Analysis.Trajectory!;
        var page = AnalysisReport.Render(result);
        Assert.That(page, Does.Contain(
            $"""begins at <strong class="graft">layer {transition.Layer}</strong> of 32 (95 % interval {transition.Low} to {transition.High})."""));
        Assert.That(page, Does.Contain($"Proposed cut: <code>--replace {transition.High}-30</code>"));
    }

    [Test]
    public void Where_nothing_is_proposed_the_page_says_why()
    {
        var page = AnalysisReport.Render(Result(Family.Straight));
        Assert.That(
            page, Does.Contain("No cut is proposed.</p><p>The prediction trajectory shows no transition. No transition is visible"));
        Assert.That(page, Does.Not.Contain("class=\"interval\"").And.Not.Contain("class=\"replaced\""));
    }

    [Test]
    public void Every_figure_holds_a_line_per_sample_the_mean_and_its_band()
    {
        var result = Result(Family.Llama, samples: 37);
        var charts = Charts(AnalysisReport.Render(result));
        Assert.That(charts, Has.Count.EqualTo(4));
        Assert.Multiple(() =>
        {
            foreach (var chart in charts)
            {
                var lines = Named(chart, "sample");
                Assert.That(lines, Has.Count.EqualTo(37));
                Assert.That(lines, Has.All.Matches<XElement>(line => Points(line).Count == 32));
                Assert.That(Points(Named(chart, "line").Single()), Has.Count.EqualTo(32));
                Assert.That(Points(Named(chart, "band").Single()), Has.Count.EqualTo(64));
            }
        });
    }

    [Test]
    public void Marks_stand_at_their_layers()
    {
        var result = Result(Family.Llama);
        var (transition, cut) = (result.Analysis.Trajectory!, result.Analysis.Proposal!.Value);
        var chart = Charts(AnalysisReport.Render(result))[0];
        // 32 layers share 44 to 748 of the drawing; layer l has its middle half a step behind its start. Printed to two decimals.
        double At(double layer) => 44 + (layer + 0.5) * 704 / 32;
        Assert.Multiple(() =>
        {
            Assert.That((double)Named(chart, "mark").Single().Attribute("x1")!, Is.EqualTo(At(transition.Layer)).Within(0.006));
            var (interval, replaced) = (Named(chart, "interval").Single(), Named(chart, "replaced").Single());
            Assert.That((double)interval.Attribute("x")!, Is.EqualTo(At(transition.Low - 0.5)).Within(0.006));
            Assert.That((double)interval.Attribute("width")!, Is.EqualTo(22.0 * (transition.High - transition.Low + 1)).Within(0.006));
            Assert.That((double)replaced.Attribute("x")!, Is.EqualTo(At(cut.First - 0.5)).Within(0.006));
            Assert.That((double)replaced.Attribute("width")!, Is.EqualTo(22.0 * (cut.Last - cut.First + 1)).Within(0.006));
            var mean = Points(Named(chart, "line").Single());
            Assert.That(mean.Select(point => point.X), Is.EqualTo(Enumerable.Range(0, 32).Select(layer => At(layer))).Within(0.06));
        });
    }

    [Test]
    public void Of_very_many_samples_some_are_drawn_and_the_page_says_so()
    {
        var page = AnalysisReport.Render(Result(Family.Prototype, samples: 401));
        Assert.That(Named(Charts(page)[0], "sample"), Has.Count.EqualTo(TrajectoryChart.MostLines));
        Assert.That(page, Does.Contain("Of 401 samples, 300 are drawn, evenly chosen; mean and interval are those of all."));
    }

    [Test]
    public void A_first_layer_far_above_the_rest_leaves_the_drawing_and_the_page_says_so()
    {
        var result = Result(Family.Prototype);
        var page = AnalysisReport.Render(result);
        var mean = FormattableString.Invariant($"{result.Analysis.Findings[Criterion.Trajectory].Mean[0].Value:0.00}");
        Assert.That(page, Does.Contain($"Layer 0 lies above the drawing: its mean is {mean}."));
        Assert.That(Points(Named(Charts(page)[0], "line").Single())[0].Y, Is.LessThan(0));
    }

    [Test]
    public void The_tables_hold_the_numbers_of_the_result()
    {
        var result = Result(Family.Qwen);
        var page = AnalysisReport.Render(result);
        Assert.Multiple(() =>
        {
            foreach (var (criterion, finding) in result.Analysis.Findings)
            {
                for (var layer = 0; layer < 80; layer++)
                {
                    var mean = finding.Mean[layer];
                    var row = Regex.Match(page, $"<tr><th scope=\"row\">{layer}</th>.*?</tr>", RegexOptions.Singleline).Value;
                    var cell = FormattableString.Invariant(
                        $"<td>{mean.Value:0.000} <small>({mean.Low:0.000} to {mean.High:0.000})</small></td>");
                    Assert.That(row, Does.Contain(cell), $"{criterion} {layer}");
                }
                var found = finding.Transition!;
                Assert.That(page, Does.Contain(FormattableString.Invariant(
                    $"<td>{found.Layer}</td><td>{found.Low} to {found.High}</td><td>{100 * found.Support:0.0}</td>")));
            }
            string[] facts =
            [
                "grafts/toy", "sha256:00", "sha256:11", "texts/genqa.jsonl", "18446744073709551615", "float32", "libtorch 1.13.1 (system)",
            ];
            foreach (var fact in facts)
                Assert.That(page, Does.Contain($"<dd>{fact}</dd>"));
        });
    }

    [Test]
    public void The_page_is_well_formed_and_allows_itself_only_its_own_style(
        [Values(Family.Llama, Family.Flat, Family.Prototype)] Family family)
    {
        var page = AnalysisReport.Render(Result(family));
        var style = Regex.Match(page, "<style>(.*?)</style>", RegexOptions.Singleline).Groups[1].Value;
        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)));
        var closed = Regex.Replace(page.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal), "<(meta|img|br)([^>]*)>", "<$1$2/>");
        Assert.Multiple(() =>
        {
            Assert.DoesNotThrow(() => XElement.Parse(closed));
            Assert.That(page, Does.Contain($"default-src &#39;none&#39;; img-src data:; style-src &#39;sha256-{hash}&#39;"));
            Assert.That(page, Does.Not.Contain(" style="));
            Assert.That(Regex.Matches(page, "(?:src|href)=\"(?!data:)"), Is.Empty);
            Assert.That(page, Does.Not.Contain("NaN").And.Not.Contain("∞"));
        });
    }

    [Test]
    public void Names_from_outside_do_not_become_markup()
    {
        const string evil = "<script>alert('x')</script>";
        var result = AnalysisResult.Of(
            AnalysisResultTests.Facts with { Target = evil, TargetPath = evil, TextPath = evil, Library = evil },
            SyntheticCurves.Measurements(Family.Prototype, 1, samples: 5) with { Samples = [evil, evil, evil, evil, evil] });
        Assert.That(AnalysisReport.Render(result), Does.Not.Contain("<script"));
    }

    [Test]
    public void The_file_is_written_whole()
    {
        using var folder = new TempFolder();
        AnalysisReport.Write(folder["report.html"], Result(Family.Prototype));
        Assert.That(File.ReadAllText(folder["report.html"]), Does.EndWith("</html>\n"));
    }

    static List<XElement> Charts(string page) =>
    [
        .. Regex.Matches(page, "<figure>.*?</figure>", RegexOptions.Singleline)
            .Select(match => Regex.Match(match.Value, "<svg.*</svg>", RegexOptions.Singleline).Value)
            .Where(text => text.Contains("class=\"samples", StringComparison.Ordinal)).Select(text => XElement.Parse(text)),
    ];

    static List<XElement> Named(XElement chart, string name) =>
        [.. chart.Descendants().Where(element => (string?)element.Attribute("class") == name)];

    static List<(double X, double Y)> Points(XElement line) =>
    [
        .. ((string)line.Attribute("points")!).Split(' ')
            .Select(point => point.Split(',').Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray())
            .Select(pair => (pair[0], pair[1])),
    ];
}
