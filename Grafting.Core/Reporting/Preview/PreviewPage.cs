using Grafting.Core.Checkpoints;
using Grafting.Core.Text;
using Grafting.Core.Text.Templates;

namespace Grafting.Core.Reporting.Preview;

/// <summary>A preview as one HTML file that needs nothing else.</summary>
public static class PreviewPage
{
    /// <exception cref="GraftException">The file cannot be written.</exception>
    public static void Write(string path, DataPreview preview) => AtomicFile.WriteText(path, Render(preview));

    public static string Render(DataPreview preview) => HtmlPage.Render($"Preview of {preview.Data}", Markup.Of($"""
        <header>
        <p class="eyebrow">graft · preview</p>
        <h1>{preview.Data}</h1>
        <p class="lead">{Summary(preview)}.</p>
        <p class="note"><span class="token answer">label</span> <span class="token mark">special token</span> <span class="token mark answer">special token that is a label</span> <span class="token picture">picture</span></p>
        </header>
        {Warnings(preview)}
        {Markup.Join(preview.Samples, Sample)}
        """));

    /// <summary>What was looked at, in one line.</summary>
    public static string Summary(DataPreview preview)
    {
        var share = preview.Checked == preview.Usable ? "all" : FormattableString.Invariant($"{preview.Checked:N0} of");
        var each = preview.Pictures == 0 ? "" : FormattableString.Invariant($" with {preview.ImageTokens:N0} for each picture");
        return FormattableString.Invariant($"{share} {preview.Usable:N0} usable samples and {preview.Pictures:N0} pictures checked")
            + FormattableString.Invariant(
                $" with the template \"{preview.Template}\": {preview.Positions:N0} positions{each}, {preview.Labels:N0} labels");
    }

    /// <summary>What a kind of warning means.</summary>
    public static string InWords(PreviewWarningKind kind) => kind switch
    {
        PreviewWarningKind.Unusable => "cannot be used",
        PreviewWarningKind.Placeholder => "not as many placeholders as pictures",
        PreviewWarningKind.Repeated => "repeats another sample",
        PreviewWarningKind.MissingPicture => "a picture is not there",
        PreviewWarningKind.RepeatedId => "has the id of another sample",
        PreviewWarningKind.NothingSupervised => "nothing to learn from",
        PreviewWarningKind.ConversationCut => "the conversation is cut",
        PreviewWarningKind.PictureCut => "a picture does not fit",
        PreviewWarningKind.TemplateRefuses => "the template refuses it",
        PreviewWarningKind.DamagedPicture => "a picture cannot be read",
        PreviewWarningKind.BlankPicture => "a picture is blank",
        _ => Fault.Unreachable<string>(kind),
    };

    static Markup Warnings(DataPreview preview) => preview.Counts.Count == 0 ? Markup.Empty : Markup.Of($"""
        <section>
        <h2>Warnings</h2>
        <div class="scroll"><table>
        <thead><tr><th scope="col">Warning</th><th scope="col">Samples</th></tr></thead>
        <tbody>
        {Markup.Join(preview.Counts, count => Markup.Of($"<tr><th scope=\"row\">{InWords(count.Key)}</th><td>{count.Value}</td></tr>\n"))}
        </tbody></table></div>
        <dl class="facts">
        {Markup.Join(preview.Warnings, warning => Markup.Of($"<dt>{warning.Sample}</dt><dd>{warning.Detail}</dd>\n"))}
        </dl>
        </section>
        """);

    static Markup Sample(PreviewedSample sample) => Markup.Of($"""
        <section>
        <h2>{sample.Id}</h2>
        <p class="note">{sample.Positions} positions, {sample.Labels} labels</p>
        {Markup.Join(sample.Pictures, png => Markup.Of($"<img class=\"thumbnail\" alt=\"Picture of sample {sample.Id}\" src=\"data:image/png;base64,{Convert.ToBase64String(png)}\">\n"))}
        {(sample.Tokens is { } tokens ? Markup.Of($"<p class=\"tokens\">{Markup.Join(tokens, Token)}</p>") : Markup.Of($"<p class=\"note\">It cannot be encoded; see the warnings.</p>"))}
        </section>

        """);

    static Markup Token(LabelledToken token)
    {
        // A token without text of its own is a part of a character, which stands with the token that completes it.
        var kind = token.Id == EncodedChat.ImageSlot ? " picture" : (token.Special ? " mark" : "") + (token.Weight > 0 ? " answer" : "");
        return Markup.Of(
            $"<span class=\"token{kind}\" title=\"{token.Id}\">{(token.Text.Length == 0 ? "·" : token.Text.Replace("\n", "↵\n", StringComparison.Ordinal))}</span>");
    }
}
