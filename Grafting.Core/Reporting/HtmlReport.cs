using Grafting.Core.Checkpoints;
using Grafting.Core.Evaluation;
using Grafting.Core.Reporting.Charts;

namespace Grafting.Core.Reporting;

/// <summary><c>report.html</c> of a transfer: results with their intervals, examples, training curves, and what was run.</summary>
public static class HtmlReport
{
    /// <summary>Training losses are drawn as these two lines.</summary>

    /// <exception cref="GraftException">The file cannot be written.</exception>
    public static void Write(string path, TransferReport report) => AtomicFile.WriteText(path, Render(report));

    public static string Render(TransferReport report) => HtmlPage.Render(report.Title, Markup.Of($"""
        {Head(report)}
        {Results(report.Result)}
        {ByType(report.Result)}
        {Examples(report)}
        {Training(report.Curves)}
        {Cost(report.Cost)}
        {Run(report)}
        {Foot(report)}
        """));

    static Markup Head(TransferReport report)
    {
        var result = report.Result;
        return Markup.Of($"""
            <header>
            <p class="eyebrow">graft · transfer</p>
            <h1>{report.Title}</h1>
            {(result.Find("graft") is { } graft ? Markup.Of($"""
                <p class="lead">The graft answers <strong class="graft">{Wording.Percent(graft.ExactMatch.Value)} %</strong> of {Wording.Count(result.Questions)} held-out questions exactly{PairClause(result)}.</p>
                """) : Markup.Empty)}
            {Sentence(result.Difference("graft-pair"), Wording.GraftAgainstPair)}
            {Sentence(result.Difference("graft-blind"), Wording.GraftAgainstBlind)}
            {Markup.Join(result.Differences.Where(entry => entry.Key.StartsWith(TransferResult.FineTuned, StringComparison.Ordinal)), entry => Markup.Of($"<p>{Wording.Against(entry.Key, entry.Value)}</p>"))}
            </header>
            """);
    }

    static Markup PairClause(TransferResult result) => result.Find("pair") is { } pair
        ? Markup.Of($"""; the pair that it was trained in, <strong class="pair">{Wording.Percent(pair.ExactMatch.Value)} %</strong>""")
        : Markup.Empty;

    static Markup Sentence(SystemDifference? difference, Func<SystemDifference, string> wording) =>
        difference is null ? Markup.Empty : Markup.Of($"<p>{wording(difference)}</p>");

    static Markup Results(TransferResult result) => Markup.Of($"""
        <section>
        <h2>Results</h2>
        <figure>
        {IntervalChart.Draw("Exact match of each system with its interval", "percent (95 % interval)", [.. result.Systems.Select(Row)], (0, 100))}
        </figure>
        <div class="scroll"><table class="systems">
        <thead><tr><th scope="col">System</th><th scope="col">Exact match, %</th><th scope="col">NLL, nats per answer</th><th scope="col">Questions</th></tr></thead>
        <tbody>
        {Markup.Join(result.Systems, system => Markup.Of($"""
            <tr><th scope="row"><span class="{Css(system.Key)}">{Wording.System(system.Key).Name}</span><small>{Wording.System(system.Key)
                .Meaning}</small></th>
            <td>{Cell(system.Value.ExactMatch, Wording.Percent)}</td><td>{Cell(system.Value.Nll, Wording.Nats)}</td><td>{Wording.Count(
                system.Value.Answers.Count)}</td></tr>

            """))}
        </tbody></table></div>
        <p class="note">In brackets 95 % intervals: percentile bootstrap over {Wording.Count(Bootstrap.Resamples)} resamples of whole pictures with their questions. NLL is the negative log-likelihood of the expected answer and its end; less is better.</p>
        {Differences(result)}
        </section>
        """);

    static IntervalRow Row(KeyValuePair<string, SystemScore> system) => new(
        Wording.System(system.Key).Name, Css(system.Key), system.Value.ExactMatch,
        Wording.Figures(system.Value.ExactMatch, Wording.Percent));

    static Markup Differences(TransferResult result) => result.Differences.Count == 0 ? Markup.Empty : Markup.Of($"""
        <h3>Differences on the same questions</h3>
        <figure>
        {IntervalChart.Draw("Differences between systems with their intervals", "points (95 % interval)", [.. result.Differences.Select(entry => new IntervalRow(
            entry.Key.Replace("-", " − ", StringComparison.Ordinal), Css(entry.Key.Split('-')[^1]), entry.Value.Points,
            Wording.Figures(entry.Value.Points, Wording.Signed)))])}
        <figcaption>An interval that contains 0 is parity: the data do not tell the two apart.</figcaption>
        </figure>
        """);

    static Markup ByType(TransferResult result)
    {
        if (result.Systems.Count == 0) return Markup.Empty;
        var types = result.Systems[0].Value.ByType;
        return Markup.Of($"""
            <section>
            <h2>By kind of question</h2>
            <div class="scroll"><table>
            <thead><tr><th scope="col">Kind</th>{Markup.Join(result.Systems, system => Markup.Of($"""<th scope="col">{Wording.System(system.Key).Name}, %</th>"""))}<th scope="col">Questions</th></tr></thead>
            <tbody>
            {Markup.Join(types, type => Markup.Of($"""
                <tr><th scope="row">{type.Key}</th>{Markup.Join(result.Systems,
                    system => Markup.Of($"<td>{TypeCell(system.Value, type.Key)}</td>"))}<td>{Wording.Count(type.Value.Count)}</td></tr>

                """))}
            </tbody></table></div>
            </section>
            """);
    }

    static string TypeCell(SystemScore score, string type) =>
        score.ByType.TryGetValue(type, out var found) ? Wording.Percent(found.ExactMatch) : "–";

    static Markup Examples(TransferReport report) => report.Result.Examples.Count == 0 ? Markup.Empty : Markup.Of($"""
        <section>
        <h2>Examples</h2>
        <div class="examples">
        {Markup.Join(report.Result.Examples, example => Card(example, report.Pictures))}
        </div>
        </section>
        """);

    static Markup Card(Example example, IReadOnlyDictionary<string, byte[]> pictures) => Markup.Of($"""
        <article class="example">
        {(pictures.TryGetValue(example.Picture, out var png) ? Picture(png, example.Id) : Markup.Empty)}
        <p class="question">{example.Question}</p>
        <p class="expected">{example.Type} · expected: {example.Expected}</p>
        <ul>
        {Markup.Join(example.Answers, answer => Markup.Of($"""
            <li><span class="who {Css(answer.Key)}">{Wording.System(answer.Key)
                .Name}</span><span class="given">{answer.Value.Given}</span>{Verdict(answer.Value.Correct)}</li>

            """))}
        </ul>
        </article>

        """);

    static Markup Verdict(bool correct) => correct
        ? new Markup("""<span class="verdict right" role="img" aria-label="right">✓</span>""")
        : new Markup("""<span class="verdict wrong" role="img" aria-label="wrong">✗</span>""");

    static Markup Picture(byte[] png, string id)
    {
        // Small pictures are enlarged in blocks, so that every pixel can be seen; the width stands at byte 16 of a PNG file.
        var small = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)) <= 64;
        return Markup.Of($"""<img class="{(small ? "small" : "large")}" alt="Picture of question {id}" src="data:image/png;base64,{Convert.ToBase64String(png)}">""");
    }

    static Markup Training(IReadOnlyList<TrainingCurve> curves) => curves.Count == 0 ? Markup.Empty : Markup.Of($"""
        <section>
        <h2>Training</h2>
        {TrainingFigures.Draw(curves)}
        <p class="note">The training loss is smoothed; the pale line is the loss of each step. The numbers are where the lines end.</p>
        </section>
        """);

    static Markup Cost(CostSection? cost) => cost is null ? Markup.Empty : Markup.Of($"""
        <section>
        <h2>What it cost</h2>
        {Markup.Join(cost.Tables, table => Markup.Of($"""
            <h3>{table.Title}</h3>
            <div class="scroll"><table>
            <thead><tr>{Markup.Join(table.Columns, column => Markup.Of($"""<th scope="col">{column}</th>"""))}</tr></thead>
            <tbody>
            {Markup.Join(table.Rows, row => Markup.Of($"""
                <tr><th scope="row">{row[0]}</th>{Markup.Join(row.Skip(1), cell => Markup.Of($"<td>{cell}</td>"))}</tr>

                """))}
            </tbody></table></div>
            """))}
        {Markup.Join(cost.Notes, note => Markup.Of($"""<p class="note">{note}</p>"""))}
        </section>
        """);

    static Markup Run(TransferReport report) => Markup.Of($"""
        <section>
        <h2>What was run</h2>
        <dl class="facts">
        {Markup.Join(report.Facts, fact => Markup.Of($"<dt>{fact.Key}</dt><dd>{fact.Value}</dd>\n"))}
        </dl>
        {(report.Layers is { } layers ? Layers(layers) : Markup.Empty)}
        {Seconds(report.Result.Seconds)}
        {Markup.Join(report.Notes, note => Markup.Of($"""<p class="note">{note}</p>"""))}
        </section>
        """);

    static Markup Layers(LayerMap map) => Markup.Of($"""
        <figure>
        <h3>Layers of the target in the surrogate</h3>
        {LayerStrip.Draw(map)}
        <figcaption><span class="key kept"></span>kept as they are: {map.Kept.Count} of {map.TargetLayers} &#160; <span class="key translator"></span>trained as translators: {map.Translators.Count} &#160; <span class="key left-out"></span>left out: {map.TargetLayers - map.Kept.Count - map.Translators.Count}</figcaption>
        </figure>
        """);

    static Markup Seconds(IReadOnlyList<KeyValuePair<string, double>> seconds)
    {
        if (seconds.Count == 0) return Markup.Empty;
        var longest = Math.Max(1e-9, seconds.Max(stage => stage.Value));
        return Markup.Of($"""
            <div class="scroll"><table>
            <thead><tr><th scope="col">Stage</th><th scope="col"></th><th scope="col">Time</th></tr></thead>
            <tbody>
            {Markup.Join(seconds, stage => Markup.Of($"""
                <tr><td>{stage.Key}</td><td class="bar"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" xmlns="http://www.w3.org/2000/svg"><rect class="bar" x="0" y="1" width="{100 * stage.Value / longest}" height="6"/></svg></td><td>{Wording.Duration(stage.Value)}</td></tr>

                """))}
            <tr><th scope="row">Together</th><td></td><td><strong>{Wording.Duration(seconds.Sum(stage => stage.Value))}</strong></td></tr>
            </tbody></table></div>
            """);
    }

    static Markup Foot(TransferReport report) => Markup.Of($"""
        <footer>
        <p>Target {report.Result.Target} · surrogate {report.Result.Surrogate} · bundle {report.Result.Bundle} · graft {report.Result.Graft}</p>
        </footer>
        """);

    static Markup Cell(Interval interval, Func<double, string> format) =>
        Markup.Of($"{format(interval.Value)} <small>({format(interval.Low)} to {format(interval.High)})</small>");

    static string Css(string system) => system is "pair" or "graft" or "blind" or "text" ? system : "other";
}
