using Grafting.Core.Text;
using Grafting.Core.Text.Jinja;
using Grafting.Core.Text.Templates;

namespace Grafting.Core.Transfer.Export;

/// <summary>The chat template of an export. Contents are texts, or lists of parts of the types <c>text</c> and <c>image</c>.</summary>
/// <param name="Jinja">For <c>chat_template.jinja</c>.</param>
/// <param name="Write">What it writes for a conversation, with a generation prompt or without.</param>
sealed record ExportedTemplate(string Jinja, Func<IReadOnlyList<Turn>, bool, string> Write)
{
    const string Remedy = "Use --format native, or train with one of graft's own templates (data.template: clean).";

    /// <exception cref="GraftException">Input: the template cannot say what the encoder was trained with.</exception>
    public static ExportedTemplate Of(ChatTemplate template, Tokenizer tokenizer, PictureTokens tokens, string? imagePrompt)
    {
        if (template is OwnTemplate own) return Of(own, tokens, imagePrompt);
        var text = ChatTemplateText.Of(template.Name, tokenizer, tokens, imagePrompt);
        return new(text.ToJinja(), text.Write);
    }

    /// <summary>
    /// The model's template with the tokens of a picture in place of what it wrote for one; or, where it knows no pictures, behind a few
    /// lines that make a text of each list of parts. Either is rendered beside the template of the training and must write the same.
    /// </summary>
    static ExportedTemplate Of(OwnTemplate own, PictureTokens tokens, string? imagePrompt)
    {
        var jinja = own.ImageToken is { } written
            ? WithToken(own.Source, written, tokens.Picture, imagePrompt)
            : ChatTemplateText.PartsToText(tokens.Picture, imagePrompt) + own.Source;
        var exported = own.With(jinja, "the exported chat template");
        string Write(IReadOnlyList<Turn> turns, bool prompt) => exported.Render(Messages(turns, listsOnly: false), prompt).Value;
        foreach (var turns in Conversations(own))
        {
            var prompt = turns[^1].Role == Role.User;
            var expected = own.Written(turns, prompt, imagePrompt, tokens.Picture);
            // A template that takes texts only takes them from the lines before it, also where all contents are lists.
            List<string> found = [Write(turns, prompt)];
            if (own.ImageToken is null) found.Add(exported.Render(Messages(turns, listsOnly: true), prompt).Value);
            foreach (var text in found.Where(text => text != expected))
            {
                throw Fault.Input(
                    $"read back, the exported chat template writes {Printable.Quote(text)}, and in training it was "
                        + $"{Printable.Quote(expected)}.", Remedy);
            }
        }
        return new(jinja, Write);
    }

    static string WithToken(string source, string written, string picture, string? imagePrompt)
    {
        if (imagePrompt is not null)
        {
            throw Fault.Input(
                $"the encoder was trained with the image prompt {Printable.Quote(imagePrompt)}, which the model's chat template does not "
                    + "write before a picture.",
                Remedy);
        }
        if (written == picture) return source;
        if (source.Contains(written, StringComparison.Ordinal)) return source.Replace(written, picture, StringComparison.Ordinal);
        throw Fault.Input(
            $"the model's chat template writes {written} for a picture, and the export {picture}; it does not stand in the template as "
                + "such.", Remedy);
    }

    /// <summary>What other programs hand over.</summary>
    static JinjaList Messages(IReadOnlyList<Turn> turns, bool listsOnly) =>
        new([.. turns.Select(turn => MessageForm.PlainMessage(turn, listsOnly))]);

    /// <summary>What is compared: a picture, a conversation, several pictures; with a system prompt where the template takes one.</summary>
    static IEnumerable<Turn[]> Conversations(OwnTemplate own)
    {
        Turn first = new(Role.User, $"{Turn.ImageMark}\n{ExportCheck.Question}"), answer = new(Role.Assistant, "A cat.");
        Turn second = new(Role.User, "And its \"colour\"?");
        yield return [first];
        yield return [first, answer];
        yield return [first, answer, second];
        yield return [second, answer, new(Role.User, $"Which is  larger, {Turn.ImageMark} or {Turn.ImageMark}?")];
        Turn[] instructed = [new(Role.System, "Be brief."), first, answer, second];
        if (own.Takes(instructed)) yield return instructed;
    }
}
