using Grafting.Core.Checkpoints;
using Grafting.Core.Evaluation;
using Grafting.Core.Reporting.Charts;

namespace Grafting.Core.Reporting;

/// <summary><c>report.html</c> of a fine-tuning run that was examined on its way.</summary>
public static class CurveReport
{
    const string Css = "graft";

    /// <param name="facts">What was run, name and value in the order to be listed.</param>
    /// <param name="training">Losses of the run.</param>
    /// <exception cref="GraftException">The file cannot be written.</exception>
    public static void Write(
        string path, CurveResult result, IReadOnlyList<KeyValuePair<string, string>> facts, IReadOnlyList<TrainingCurve> training) =>
        AtomicFile.WriteText(path, Render(result, facts, training));

    public static string Render(
        CurveResult result, IReadOnlyList<KeyValuePair<string, string>> facts, IReadOnlyList<TrainingCurve> training) =>
        HtmlPage.Render("Fine-tuning from a graft", Markup.Of($"""
            <header>
            <p class="eyebrow">graft · transfer --curve</p>
            <h1>Fine-tuning from a graft</h1>
            <p class="lead">After {Wording.Percent(result.Marks[^1].Percent)} % of the data the model answers <strong class="graft">{Wording.Percent(result.Marks[^1].Score.ExactMatch.Value)} %</strong> of {Wording.Count(result.Marks[0].Score.Answers.Count)} held-out questions exactly; the first mark, at {Wording.Percent(result.Marks[0].Percent)} %, <strong>{Wording.Percent(result.Marks[0].Score.ExactMatch.Value)} %</strong>.</p>
            {(Wording.CurveEnd(result) is { } end ? Markup.Of($"<p>{end}</p>") : Markup.Empty)}
            </header>
            {Curve(result)}
            {Training(training)}
            <section>
            <h2>What was run</h2>
            <dl class="facts">
            <dt>target</dt><dd>{result.Target}</dd>
            <dt>graft</dt><dd>{result.Graft}</dd>
            <dt>fine-tuned graft</dt><dd>{result.Output}</dd>
            <dt>method</dt><dd>{result.Method}</dd>
            {Markup.Join(facts, fact => Markup.Of($"<dt>{fact.Key}</dt><dd>{fact.Value}</dd>\n"))}
            </dl>
            </section>
            """));

    static Markup Curve(CurveResult result) => Markup.Of($"""
        <section>
        <h2>Score and data read</h2>
        <figure>
        {LineChart.Draw("Exact match against the share of the data", "percent of the data", "exact match, percent", [new LineSeries("exact match", Css, [.. result.Marks.Select(mark => new CurvePoint(mark.Percent, mark.Score.ExactMatch.Value))], Noisy: false)])}
        </figure>
        <figure>
        {IntervalChart.Draw("Exact match at each mark with its interval", "percent (95 % interval)", [.. result.Marks.Select(mark => new IntervalRow($"{Wording.Percent(mark.Percent)} % of data", Css, mark.Score.ExactMatch, Wording.Figures(mark.Score.ExactMatch, Wording.Percent)))], (0, 100))}
        </figure>
        <div class="scroll"><table>
        <thead><tr><th scope="col">Data read, %</th><th scope="col">Samples</th><th scope="col">Steps</th><th scope="col">Training</th><th scope="col">Exact match, %</th><th scope="col">NLL, nats per answer</th><th scope="col">Gain over the mark before, points</th></tr></thead>
        <tbody>
        {Markup.Join(result.Marks, mark => Markup.Of($"""
            <tr><th scope="row">{Wording.Percent(mark.Percent)}</th><td>{Wording.Count(mark.Samples)}</td><td>{Wording.Count(mark.Steps)}</td><td>{Wording.Duration(mark.Seconds)}</td><td>{Wording.Figures(mark.Score.ExactMatch, Wording.Percent)}</td><td>{Wording.Figures(mark.Score.Nll, Wording.Nats)}</td><td>{(mark.Gain is { } gain ? Wording.Figures(gain.Points, Wording.Signed) : "–")}</td></tr>

            """))}
        </tbody></table></div>
        <p class="note">In brackets 95 % intervals: percentile bootstrap over {Wording.Count(Bootstrap.Resamples)} resamples of whole pictures with their questions; gains are paired. All marks are of one run, whose learning rate falls to 0 at the last mark that was asked for: a run that ends at an earlier mark has a higher rate there than one that was made for it.</p>
        </section>
        """);

    static Markup Training(IReadOnlyList<TrainingCurve> curves) => curves.Count == 0 ? Markup.Empty : Markup.Of($"""
        <section>
        <h2>Training</h2>
        {TrainingFigures.Draw(curves)}
        </section>
        """);
}
