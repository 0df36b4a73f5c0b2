using System.Text;
using System.Text.Json;
using Grafting.Core.Text.Jinja;

namespace Grafting.Core.Text.Templates;

/// <summary>A chat template as a model's folder brings it along, written in Jinja.</summary>
/// <remarks>
/// Labels with a special-token weight w: every special token that the template writes outside of the answers (w), but for the begin token
/// and what comes first; the answers and their end tokens (1). <see cref="LabelPolicy.LineBreak"/> changes nothing.
/// </remarks>
internal sealed class OwnTemplate : ChatTemplate
{
    readonly JinjaTemplate _template;
    readonly IReadOnlyDictionary<string, string> _tokens;
    readonly Lazy<MessageForm> _form;
    readonly Func<DateTime>? _now;

    /// <param name="tokens">Special tokens by name, as <see cref="TemplateSource.SpecialTokens"/> reads them.</param>
    public OwnTemplate(TemplateSource source, IReadOnlyDictionary<string, string> tokens, Func<DateTime>? now = null)
    {
        (File, _tokens, _now) = (source, tokens, now);
        _template = JinjaTemplate.Parse(source.Text, source.Place);
        _form = new Lazy<MessageForm>(() => MessageForm.Of((messages, prompt) => Render(messages, prompt), tokens, source.Place));
    }

    public override string Name => OwnName;

    public TemplateSource File { get; }

    public override string Source => File.Text;

    /// <summary>What it writes for a picture; null where it knows none, and a picture stands in the text of its turn.</summary>
    public string? ImageToken => _form.Value.ImageToken;

    /// <summary>Another template with the same special tokens.</summary>
    public OwnTemplate With(string source, string place) => new(new TemplateSource(source, place), _tokens, _now);

    /// <summary>Whether the template writes a conversation at all.</summary>
    public bool Takes(IReadOnlyList<Turn> turns)
    {
        try
        {
            Rendered(turns, addGenerationPrompt: false, imagePrompt: null);
            return true;
        }
        catch (GraftException)
        {
            return false;
        }
    }

    /// <summary>The text of a conversation.</summary>
    /// <param name="picture">Stands for every picture.</param>
    public string Written(IReadOnlyList<Turn> turns, bool addGenerationPrompt, string? imagePrompt, string picture)
    {
        var (rendered, slots) = Rendered(turns, addGenerationPrompt, imagePrompt);
        var (text, at) = (new StringBuilder(), 0);
        foreach (var (start, end) in slots)
        {
            text.Append(rendered.Value, at, start - at).Append(picture);
            at = end;
        }
        return text.Append(rendered.Value, at, rendered.Value.Length - at).ToString();
    }

    /// <summary>Renders messages as they are.</summary>
    /// <param name="more">Further variables, such as <c>tools</c>.</param>
    public JinjaString Render(JinjaList messages, bool addGenerationPrompt, IEnumerable<(string Name, object? Value)>? more = null)
    {
        Dictionary<string, object?> variables = new(StringComparer.Ordinal);
        foreach (var (name, token) in _tokens) variables[name] = (JinjaString)token;
        // transformers hands these two over in any case.
        variables["tools"] = variables["documents"] = null;
        variables["messages"] = messages;
        variables["add_generation_prompt"] = addGenerationPrompt;
        foreach (var (name, value) in more ?? []) variables[name] = value;
        return _template.Render(variables, now: _now);
    }

    /// <summary>Tokens and labels of messages of any form.</summary>
    /// <param name="messages">Each an object with <c>role</c>.</param>
    public EncodedChat Encode(Tokenizer tokenizer, JinjaString rendered, IReadOnlyList<JsonElement> messages, LabelPolicy policy)
    {
        List<Role> roles = [.. messages.Select(message => message.GetProperty("role").GetString() switch
        {
            "assistant" or "model" => Role.Assistant,
            "user" => Role.User,
            _ => Role.System,
        })];
        var chat = new RenderedChat(tokenizer, rendered);
        var answers = AnswerSpans.Find(
            rendered, _form.Value.Lead, [.. messages.Select((message, k) => roles[k] == Role.Assistant && Says(message))], chat.Specials,
            File.Place);
        var slots = _form.Value.ImageToken is { } token ? Places(rendered, token, fromTemplate: true) : [];
        return chat.Encode(answers, slots, roles, policy);
    }

    public override IReadOnlyList<int> StopIds(Tokenizer tokenizer)
    {
        // Two exchanges: some templates end an answer only where another turn follows.
        Turn[] turns = [new(Role.User, "a"), new(Role.Assistant, "b"), new(Role.User, "c"), new(Role.Assistant, "d")];
        var probe = Write(tokenizer, turns, new LabelPolicy(), false, null);
        SortedSet<int> ids = [];
        if (tokenizer.EndId is { } end) ids.Add(end);
        for (var i = 0; i < probe.Ids.Length; i++)
            if (probe.Weights[i] > 0 && tokenizer.IsSpecial(probe.Ids[i])) ids.Add(probe.Ids[i]);
        return ids.Count > 0 ? [.. ids] : throw Fault.Input(
            $"{File.Place}: the chat template writes no special token behind an answer, and the tokenizer names no end token, so that an "
                + "answer would never end.",
            "Name one as eos_token in tokenizer_config.json.");
    }

    private protected override EncodedChat Write(
        Tokenizer tokenizer, IReadOnlyList<Turn> turns, LabelPolicy policy, bool addGenerationPrompt, string? imagePrompt)
    {
        var (rendered, slots) = Rendered(turns, addGenerationPrompt, imagePrompt);
        var chat = new RenderedChat(tokenizer, rendered);
        var says = turns.Select(turn => turn.Role == Role.Assistant && !string.IsNullOrWhiteSpace(turn.Text));
        var answers = AnswerSpans.Find(rendered, _form.Value.Lead, [.. says], chat.Specials, File.Place);
        return chat.Encode(answers, slots, [.. turns.Select(turn => turn.Role)], policy);
    }

    /// <summary>The text of a conversation, and the stretches of it that stand for pictures.</summary>
    (JinjaString Text, List<(int Start, int End)> Slots) Rendered(IReadOnlyList<Turn> turns, bool addGenerationPrompt, string? imagePrompt)
    {
        var form = _form.Value;
        List<object?> messages = [];
        foreach (var (k, turn) in turns.Index())
        {
            if (turn.Text.Contains(MessageForm.Mark, StringComparison.Ordinal))
                throw Fault.Input(
                    $"turn {k + 1} holds U+FDD0, which is no character.",
                    "Take it out; it marks the places of pictures while a template is applied.");
            messages.Add(form.MessageOf(MarkedTemplate.NameOf(turn.Role), TurnParts.Of(turn, imagePrompt), new Origin(k + 1)));
            if (turn.Pictures > 0) imagePrompt = null;
        }
        var rendered = Render(new JinjaList(messages), addGenerationPrompt);
        var pictures = turns.Sum(turn => turn.Pictures);
        var slots = form.ImageToken is { } token
            ? Places(rendered, token, fromTemplate: true)
            : Places(rendered, MessageForm.Mark.ToString(), fromTemplate: false);
        return slots.Count == pictures ? (rendered, slots) : throw Fault.Input(
            $"{File.Place}: the chat template writes {slots.Count} places for pictures, and the conversation has {pictures}.",
            "Give a template that writes every picture of every turn, or train with one of graft's own (data.template: clean).");
    }

    static bool Says(JsonElement message) => message.EnumerateObject().Any(member => member.Name != "role" && member.Value.ValueKind switch
    {
        JsonValueKind.String => !string.IsNullOrWhiteSpace(member.Value.GetString()),
        JsonValueKind.Array or JsonValueKind.Object => member.Value.GetRawText().Length > 2,
        _ => false,
    });

    static List<(int Start, int End)> Places(JinjaString text, string token, bool fromTemplate)
    {
        List<(int, int)> places = [];
        var (start, at) = (0, 0);
        IEnumerable<OriginRun> runs = text.Runs.Count > 0 ? text.Runs : [new OriginRun(text.Value.Length, default)];
        foreach (var run in runs)
        {
            at = Math.Max(at, start);
            while (run.Origin.Source == 0 == fromTemplate
                && (at = text.Value.IndexOf(token, at, run.End - at, StringComparison.Ordinal)) >= 0)
            {
                places.Add((at, at + token.Length));
                at += token.Length;
            }
            (start, at) = (run.End, run.End);
        }
        return places;
    }
}
