using System.Globalization;
using Grafting.Core.Checkpoints;
using Grafting.Core.Evaluation;
using Grafting.Core.Reporting;
using Grafting.Core.Reporting.Charts;

namespace Grafting.Surrogates.Analysis;

/// <summary>The page of an analysis: the proposed cut, the curves that it comes from, and the numbers behind them.</summary>
public static class AnalysisReport
{
    /// <exception cref="Grafting.Core.GraftException">The file cannot be written.</exception>
    public static void Write(string path, AnalysisResult result) => AtomicFile.WriteText(path, Render(result));

    public static string Render(AnalysisResult result) => HtmlPage.Render($"Analysis of {result.Facts.Target}", Markup.Of($"""
        {Head(result)}
        {Trajectory(result)}
        {Others(result)}
        {ByCriterion(result)}
        {ByLayer(result)}
        {Facts(result)}
        """));

    static Markup Head(AnalysisResult result) => Markup.Of($"""
        <header>
        <p class="eyebrow">graft · analyze</p>
        <h1>Analysis of {result.Facts.Target}</h1>
        {Headline(result)}
        {Markup.Join(result.Analysis.Disagreements, sentence => Markup.Of($"<p>{sentence}</p>"))}
        </header>
        """);

    static Markup Headline(AnalysisResult result) => result.Analysis is { Trajectory: { } transition, Proposal: { } cut }
        ? Markup.Of($"""
            <p class="lead">The late phase begins at <strong class="graft">layer {transition.Layer}</strong> of {result.Measurements.Layers} (95 % interval {transition.Low} to {transition.High}).</p>
            <p class="lead">Proposed cut: <code>--replace {cut}</code></p>
            <p>It begins at the upper end of the interval, since a surrogate cut before the transition loses when its encoder is grafted, and spares the last layer, which every surrogate keeps.</p>
            """)
        : Markup.Of($"""<p class="lead">No cut is proposed.</p><p>{result.Analysis.NoProposal}</p>""");

    static Markup Trajectory(AnalysisResult result)
    {
        var curves = Curves(result, Criterion.Trajectory);
        return Markup.Of($"""
            <section>
            <h2>Prediction trajectory</h2>
            <figure>
            {TrajectoryChart.Draw(Title(result, Criterion.Trajectory), Criterion.Trajectory.Unit(), curves, large: true)}
            <figcaption>{Keys(curves)} {Criterion.Trajectory.Meaning()}. {TrajectoryChart.Outside(curves) ?? ""}</figcaption>
            </figure>
            {(TrajectoryChart.Thinned(curves.Samples.Count) is { } thinned ? Markup.Of($"""<p class="note">{thinned}</p>""") : Markup.Empty)}
            {Cut(result)}
            </section>
            """);
    }

    static Markup Keys(LayerCurves curves) => Markup.Join(
    [
        new Markup("""<span class="key mean"></span>mean with its 95 % interval &#160; <span class="key sample"></span>samples &#160; """),
        curves.Transition is null ? Markup.Empty : new Markup("""<span class="key interval"></span>interval of the transition &#160; """),
        curves.Replaced is null ? Markup.Empty : new Markup("""<span class="key replaced"></span>replaced by the proposed cut &#160; """),
        new Markup("<br>"),
    ]);

    static Markup Cut(AnalysisResult result)
    {
        if (result.Analysis.Proposal is not { } cut) return Markup.Empty;
        var layers = result.Measurements.Layers;
        var map = new LayerMap(
            layers, [.. Enumerable.Range(0, cut.First), .. Enumerable.Range(cut.Last + 1, layers - 1 - cut.Last)], [cut.First]);
        return Markup.Of($"""
            <figure>
            <h3>The surrogate of the proposed cut: {map.Kept.Count + map.Translators.Count} of {layers} layers</h3>
            {LayerStrip.Draw(map)}
            <figcaption><span class="key kept"></span>kept as they are: {map.Kept.Count} &#160; <span class="key translator"></span>translator, trained from layer {cut.First}: 1 &#160; <span class="key left-out"></span>left out: {layers - map.Kept.Count - 1}</figcaption>
            </figure>
            """);
    }

    static Markup Others(AnalysisResult result) => Markup.Of($"""
        <section>
        <h2>Other criteria</h2>
        <div class="curves three">
        {Markup.Join(Criteria.All.Where(criterion => criterion != Criterion.Trajectory), criterion => Other(result, criterion))}
        </div>
        </section>
        """);

    static Markup Other(AnalysisResult result, Criterion criterion)
    {
        var curves = Curves(result, criterion);
        var finding = result.Analysis.Findings[criterion];
        return Markup.Of($"""
            <figure><h3>{Capital(criterion.Name())}</h3>
            {TrajectoryChart.Draw(Title(result, criterion), criterion.Unit(), curves, large: false)}
            <figcaption>{Capital(criterion.Meaning())}. {finding.Reason ?? ""} {TrajectoryChart.Outside(curves) ?? ""}</figcaption>
            </figure>

            """);
    }

    static Markup ByCriterion(AnalysisResult result) => Markup.Of($"""
        <section>
        <h2>Transition by criterion</h2>
        <div class="scroll"><table>
        <thead><tr><th scope="col">Criterion</th><th scope="col">First late layer</th><th scope="col">95 % interval</th><th scope="col">Support, %</th><th scope="col">Evidence</th></tr></thead>
        <tbody>
        {Markup.Join(Criteria.All, criterion => Row(criterion, result.Analysis.Findings[criterion]))}
        </tbody></table></div>
        <p class="note">Two phases, each a straight line with its own scatter, are fitted to the mean curve without its first and last layer. Evidence is how much they lower the Bayesian information criterion against one phase; from {ChangePoint.StrongEvidence} a transition counts as visible. Intervals: percentile bootstrap over {Wording.Count(Bootstrap.Resamples)} resamples of whole samples; support is the share of them that give the same layer. They tell what other texts would change, not what another model would.</p>
        </section>
        """);

    static Markup Row(Criterion criterion, Finding finding) => Markup.Of($"""
        <tr><th scope="row">{Capital(criterion.Name())}</th>{Place(finding.Transition)}<td>{Evidence(finding)}</td></tr>

        """);

    static Markup Place(Transition? found) => found is null
        ? new Markup("<td>none</td><td>–</td><td>–</td>")
        : Markup.Of($"<td>{found.Layer}</td><td>{found.Low} to {found.High}</td><td>{Wording.Percent(100 * found.Support)}</td>");

    static string Evidence(Finding finding) =>
        finding.Evidence is { } evidence ? Wording.Signed(evidence).TrimStart('+') : "–";

    static Markup ByLayer(AnalysisResult result) => Markup.Of($"""
        <section>
        <h2>Layer by layer</h2>
        <div class="scroll"><table>
        <thead><tr><th scope="col">Layer</th>{Markup.Join(Criteria.All, criterion => Markup.Of($"""<th scope="col">{Capital(criterion.Name())}, {criterion.Unit()}</th>"""))}</tr></thead>
        <tbody>
        {Markup.Join(Enumerable.Range(0, result.Measurements.Layers), layer => Markup.Of($"""
            <tr><th scope="row">{layer}</th>{Markup.Join(
                Criteria.All, criterion => Cell(result.Analysis.Findings[criterion].Mean[layer]))}</tr>

            """))}
        </tbody></table></div>
        <p class="note">Means over {Wording.Count(result.Measurements.Samples.Count)} samples; in brackets their 95 % intervals.</p>
        </section>
        """);

    static Markup Cell(Interval mean) =>
        Markup.Of($"<td>{Wording.Nats(mean.Value)} <small>({Wording.Nats(mean.Low)} to {Wording.Nats(mean.High)})</small></td>");

    static Markup Facts(AnalysisResult result)
    {
        var facts = result.Facts;
        KeyValuePair<string, string>[] rows =
        [
            new("Target", $"{facts.Target}: {Wording.Count(result.Measurements.Layers)} decoder layers"),
            new("Checkpoint", facts.TargetPath),
            new("Identity", facts.TargetIdentity),
            new("Text", facts.TextPath),
            new("Fingerprint of the text", facts.TextFingerprint),
            new("Samples", $"{Wording.Count(result.Measurements.Samples.Count)}, {Wording.Count(facts.Tokens)} tokens"),
            new("Arithmetic", facts.Arithmetic == "zero" ? "zero: rounding and clamping of the published code" : facts.Arithmetic),
            new("Number type", facts.DType),
            new("Seed", facts.Seed.ToString(CultureInfo.InvariantCulture)),
            new("Tensor library", facts.Library),
        ];
        return Markup.Of($"""
            <section>
            <h2>What was measured</h2>
            <dl class="facts">
            {Markup.Join(rows, row => Markup.Of($"<dt>{row.Key}</dt><dd>{row.Value}</dd>\n"))}
            </dl>
            </section>
            """);
    }

    static LayerCurves Curves(AnalysisResult result, Criterion criterion)
    {
        var finding = result.Analysis.Findings[criterion];
        return new LayerCurves(
            result.Measurements.Values[criterion], finding.Mean,
            finding.Transition is { } transition ? (transition.Layer, transition.Low, transition.High) : null,
            result.Analysis.Proposal is { } cut ? (cut.First, cut.Last) : null);
    }

    static string Title(AnalysisResult result, Criterion criterion) =>
        $"{Capital(criterion.Name())} over the layers of {result.Facts.Target}, "
        + (result.Analysis.Findings[criterion].Transition is { } transition ? $"transition at {transition}" : "no transition");

    static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
