using System.Text.Json;
using Grafting.Core.Text.Jinja;

namespace Grafting.Core.Text.Templates;

/// <summary>A conversation as a template writes it.</summary>
/// <param name="Text">What the template wrote.</param>
/// <param name="Template">Where it stands.</param>
/// <param name="Tokens">Its tokens with their labels; null where the folder has no usable tokenizer, or the answers cannot be told.</param>
/// <param name="Refusal">Why they cannot; null where they can.</param>
public sealed record RenderedConversation(string Text, string Template, IReadOnlyList<LabelledToken>? Tokens, string? Refusal)
{
    /// <param name="chat">JSON file; see <see cref="ConversationFile"/>.</param>
    /// <param name="model">Folder with the template, its special tokens, and the tokenizer.</param>
    /// <param name="template">A template's file instead of the folder's own; null: the folder's.</param>
    /// <param name="addGenerationPrompt">Opens the assistant's turn at the end.</param>
    /// <param name="now">The clock of templates that tell the date; null: the machine's.</param>
    /// <exception cref="GraftException">Input: a file is unusable, or the template refuses the conversation.</exception>
    public static RenderedConversation Of(
        string chat, string model, string? template = null, bool addGenerationPrompt = false, Func<DateTime>? now = null)
    {
        var conversation = ConversationFile.Read(chat);
        if (!Directory.Exists(model)) throw Fault.Input($"there is no folder {model}.", "Give a checkpoint folder.");
        var source = template is not null ? TemplateSource.OfFile(template) : TemplateSource.Of(model) ?? throw Fault.Input(
            $"{model} has no chat template of its own.", "Give the file of one with --template.");
        var own = new OwnTemplate(source, TemplateSource.SpecialTokens(model), now);
        var speaker = new Origin(conversation.Messages.Count + 1);
        var messages = new JinjaList([.. conversation.Messages.Select((message, k) => Message(message, new Origin(k + 1), speaker))]);
        var more = conversation.Variables.Select(variable => (variable.Name, JinjaJson.Read(variable.Value, speaker)));
        var given = conversation.Variables.Any(variable => variable.Name == "add_generation_prompt");
        var rendered = own.Render(
            messages, addGenerationPrompt,
            addGenerationPrompt || !given ? more.Where(variable => variable.Name != "add_generation_prompt") : more);
        try
        {
            var tokenizer = Tokenizer.Load(model);
            var encoded = own.Encode(tokenizer, rendered, conversation.Messages, new LabelPolicy());
            return new RenderedConversation(rendered.Value, source.Place, LabelledToken.Of(tokenizer, encoded), null);
        }
        catch (GraftException fault)
        {
            return new RenderedConversation(rendered.Value, source.Place, null, fault.Message);
        }
    }

    /// <summary>Who speaks is no part of what is said: roles and names stand in headers.</summary>
    static JinjaDict Message(JsonElement json, Origin said, Origin speaker)
    {
        var message = (JinjaDict)JinjaJson.Read(json, said)!;
        foreach (var name in (ReadOnlySpan<string>)["role", "name"])
            if (json.TryGetProperty(name, out var value)) message.Set((JinjaString)name, JinjaJson.Read(value, speaker));
        return message;
    }
}

/// <summary>A token to be shown.</summary>
/// <param name="Id">−1 is a picture.</param>
/// <param name="Text">The text that became certain with it; empty while a character is not whole.</param>
/// <param name="Weight">Of its label; 0: none.</param>
public sealed record LabelledToken(int Id, string Text, float Weight, bool Special)
{
    public static IReadOnlyList<LabelledToken> Of(Tokenizer tokenizer, EncodedChat chat)
    {
        List<LabelledToken> tokens = new(chat.Ids.Length);
        var stream = new TokenStream(tokenizer, skipSpecialTokens: false);
        for (var i = 0; i < chat.Ids.Length; i++)
        {
            var id = chat.Ids[i];
            var special = id == EncodedChat.ImageSlot || tokenizer.IsSpecial(id);
            if (special)
            {
                // What waits for the rest of a character will not get it.
                var rest = stream.Flush();
                if (rest.Length > 0) tokens[^1] = tokens[^1] with { Text = tokens[^1].Text + rest };
            }
            var text = id == EncodedChat.ImageSlot ? Turn.ImageMark : special ? tokenizer.TokenOf(id)! : stream.Push(id);
            tokens.Add(new LabelledToken(id, text, chat.Weights[i], special));
        }
        var last = stream.Flush();
        if (last.Length > 0) tokens[^1] = tokens[^1] with { Text = tokens[^1].Text + last };
        return tokens;
    }
}
