using System.Text.Json.Nodes;
using Grafting.Core.Evaluation;
using Grafting.Core.Reporting;
using Grafting.Core.Reporting.Charts;

namespace Grafting.Tests.Reporting;

public class WordingTests
{
    [TestCase(-0.6, -2.4, 1.2, "Graft − pair is −0.6 points (95 % interval −2.4 to +1.2): parity.")]
    [TestCase(-4.1, -6.0, -2.2, "Graft − pair is −4.1 points (95 % interval −6.0 to −2.2): the graft is worse than the pair.")]
    [TestCase(2.1, 0.5, 3.7, "Graft − pair is +2.1 points (95 % interval +0.5 to +3.7): the graft is better than the pair.")]
    [TestCase(0.01, -0.04, 0.04, "Graft − pair is 0.0 points (95 % interval 0.0 to 0.0): parity.")]
    public void The_difference_is_called_parity_where_it_is(double value, double low, double high, string expected) =>
        Assert.That(Wording.GraftAgainstPair(new SystemDifference(new Interval(value, low, high))), Is.EqualTo(expected));

    [TestCase(8.34, "8.3 s")]
    [TestCase(59.97, "1 min 0 s")]
    [TestCase(252.2, "4 min 12 s")]
    [TestCase(7503, "2 h 5 min")]
    public void Durations_are_read_at_a_glance(double seconds, string expected) =>
        Assert.That(Wording.Duration(seconds), Is.EqualTo(expected));

    [Test]
    public void Curves_are_read_from_the_lines_of_a_run()
    {
        JsonObject[] lines =
        [
            Line("""{"stage": "one", "step": 1, "stageStep": 1, "loss": 2.5}"""),
            Line("""{"stage": "one", "step": 2, "stageStep": 2, "loss": 2, "validationLoss": 2.25}"""),
            Line("""{"stage": "two", "step": 3, "stageStep": 1, "loss": 1.5}"""),
        ];
        var curves = TrainingCurve.From(lines);
        Assert.Multiple(() =>
        {
            Assert.That(curves.Select(curve => curve.Stage), Is.EqualTo(new[] { "one", "two" }));
            Assert.That(curves[0].Training, Is.EqualTo(new[] { new CurvePoint(1, 2.5), new CurvePoint(2, 2) }));
            Assert.That(curves[0].Validation, Is.EqualTo(new[] { new CurvePoint(2, 2.25) }));
            Assert.That(curves[1].Validation, Is.Empty);
        });

        static JsonObject Line(string json) => JsonNode.Parse(json)!.AsObject();
    }

    [TestCase(0.07, 3.9, "0.05 0.1 0.2 0.5 1 2 5")]
    [TestCase(0.0004, 800, "0.001 0.01 0.1 1 10 100 1\u202F000")]
    public void Logarithmic_axes_have_round_ticks(double low, double high, string expected)
    {
        var chart = LineChart.Draw(
            "t", "x", "y", [new LineSeries("s", "c", [new CurvePoint(1, low), new CurvePoint(2, high)], Noisy: false)]);
        Assert.That(Ticks(chart, "end"), Is.EqualTo(expected));
    }

    [TestCase(0.9, 2.1, "0.5 1 1.5 2 2.5")]
    [TestCase(0.1, 1.9, "0 0.5 1 1.5 2")]
    [TestCase(3, 3, "3 3.2 3.4 3.6 3.8 4")]
    public void Linear_axes_have_round_ticks(double low, double high, string expected)
    {
        var chart = LineChart.Draw(
            "t", "x", "y", [new LineSeries("s", "c", [new CurvePoint(1, low), new CurvePoint(2, high)], Noisy: false)]);
        Assert.That(Ticks(chart, "end"), Is.EqualTo(expected));
    }

    [Test]
    public void A_long_curve_keeps_its_extremes_but_not_its_length()
    {
        var points = Enumerable.Range(1, 100_000).Select(i => new CurvePoint(i, i == 77_777 ? 9 : 1 + i % 2 * 0.1)).ToList();
        var chart = LineChart.Draw("t", "x", "y", [new LineSeries("s", "c", points, Noisy: true)]).Text;
        Assert.That(chart.Length, Is.LessThan(20_000));
        // 9 lies at the second highest of the ticks 0 2 4 6 8 10, drawn from 210 up to 34.
        Assert.That(chart, Does.Contain(",51.6 "));
    }

    static string Ticks(Markup chart, string anchor)
    {
        var root = System.Xml.Linq.XElement.Parse(chart.Text);
        return string.Join(
            ' ',
            root.Descendants().Where(
                e => (string?)e.Attribute("class") == "tick" && (string?)e.Attribute("text-anchor") == anchor).Select(e => e.Value));
    }
}
