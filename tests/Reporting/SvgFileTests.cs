using System.Xml.Linq;
using Grafting.Core.Reporting;
using Grafting.Core.Reporting.Charts;

namespace Grafting.Tests.Reporting;

public class SvgFileTests
{
    static readonly Markup Chart = LineChart.Draw(
        "a < b", "x", "y", [new LineSeries("pair", "pair", [new(0, 1), new(4, 3)], Noisy: false)]);

    [Test]
    public void A_chart_is_a_file_of_its_own_with_a_size_and_the_pages_colours()
    {
        var root = XDocument.Parse(SvgFile.Of(Chart)).Root!;
        var view = root.Attribute("viewBox")!.Value.Split(' ');
        Assert.That((root.Attribute("width")!.Value, root.Attribute("height")!.Value), Is.EqualTo((view[2], view[3])));
        var style = root.Descendants().Single(element => element.Name.LocalName == "style").Value;
        Assert.That(
            style,
            Does.Contain("--pair:").And.Contain("prefers-color-scheme: dark").And.Contain(
                ".pair { color: var(--pair); }").And.Contain("svg .line"));
        Assert.That(style, Does.Not.Contain("body").And.Not.Contain(".example"));
    }

    [Test]
    public void What_is_no_chart_is_refused() => Assert.Throws<ArgumentException>(() => SvgFile.Of(Markup.Empty));
}
