using Grafting.Core.Text.Jinja;

namespace Grafting.Core.Text.Templates;

/// <summary>What form of messages a template expects; found out by asking it.</summary>
/// <param name="Text">A message's content may be a text.</param>
/// <param name="Parts">It may be a list of parts, <c>{"type": "text", "text": …}</c>.</param>
/// <param name="ImageToken">What the template writes for a part <c>{"type": "image"}</c>; null where it knows none, so that the place of a
/// picture is marked within the text.</param>
/// <param name="Lead">What it writes between a generation prompt and the answer.</param>
internal sealed record MessageForm(bool Text, bool Parts, string? ImageToken, string Lead)
{
    const string Probe = "graft asks", Reply = "graft answers";

    /// <summary>Stands for a picture within a text; no character, and in no text of a conversation.</summary>
    public const char Mark = '\uFDD0';

    /// <summary>Names under which templates of well-known models write a picture.</summary>
    static readonly string[] s_imageTokens =
    [
        "<|image_pad|>", "<|media_pad|>", "<image_soft_token>", "<start_of_image>", "<|image|>", "<IMG_CONTEXT>", "<image>",
        "<|IMG|>", "[IMG]", "<img>", "<|image_1|>",
    ];

    /// <param name="render">Renders messages, with a generation prompt or without.</param>
    /// <param name="known">The folder's special tokens by name; its <c>image_token</c> goes before the well-known ones.</param>
    /// <exception cref="GraftException">Input: it writes messages in neither form.</exception>
    public static MessageForm Of(Func<JinjaList, bool, JinjaString> render, IReadOnlyDictionary<string, string> known, string place)
    {
        GraftException? refusal = null;
        var text = Try([Message("user", (JinjaString)Probe)]);
        var parts = Try([Message("user", List(Part(Probe)))]);
        if (parts?.Value is { } written && (text is null ? written.Contains("'type'", StringComparison.Ordinal) : written != text.Value))
            parts = null;
        if (text is null && parts is null)
            throw Fault.Input(
                $"{place}: the chat template writes no user's message, as a text or as a list of parts: {refusal?.Message}",
                "Give another template.");
        var image = parts is null ? null : FindImageToken(parts, Try([Message("user", List(Image(), Part(Probe)))]), known);
        return new MessageForm(text is not null, parts is not null, image, FindLead(text is not null));

        JinjaString? Try(List<object?> messages, bool addGenerationPrompt = false)
        {
            try
            {
                var rendered = render(new JinjaList(messages), addGenerationPrompt);
                return rendered.Value.Contains(Probe, StringComparison.Ordinal) ? rendered : null;
            }
            catch (GraftException fault)
            {
                refusal = fault;
                return null;
            }
        }

        string FindLead(bool asText)
        {
            object? Content(string words) => asText ? (JinjaString)words : List(Part(words));
            var prompt = Try([Message("user", Content(Probe))], addGenerationPrompt: true);
            var whole = Try([Message("user", Content(Probe)), Message("assistant", Content(Reply))]);
            if (prompt is null || whole is null || !whole.Value.StartsWith(prompt.Value, StringComparison.Ordinal)) return "";
            var at = whole.Value.IndexOf(Reply, prompt.Value.Length, StringComparison.Ordinal);
            return at < 0 ? "" : whole.Value[prompt.Value.Length..at];
        }
    }

    /// <summary>A message of the form that the template expects.</summary>
    /// <param name="parts">Texts, and null for each picture.</param>
    public JinjaDict MessageOf(string role, IReadOnlyList<string?> parts, Origin origin)
    {
        if (ImageToken is not null && (parts.Contains(null) || !Text))
            return Message(role, List([.. parts.Select(part => part is null ? Image() : Part(JinjaString.From(part, origin)))]));
        var text = JinjaString.From(string.Concat(parts.Select(part => part ?? Mark.ToString())), origin);
        return Message(role, Text ? text : List(Part(text)));
    }

    /// <summary>A message as other programs hand it over: a text, or a list of parts where it has pictures.</summary>
    public static JinjaDict PlainMessage(Turn turn, bool listsOnly) => Message(
        MarkedTemplate.NameOf(turn.Role),
        turn.Pictures == 0 && !listsOnly
            ? (JinjaString)turn.Text
            : List([.. TurnParts.Of(turn, null).Select(part => part is null ? Image() : Part(part))]));

    static string? FindImageToken(JinjaString without, JinjaString? with, IReadOnlyDictionary<string, string> known)
    {
        if (with is null) return null;
        IEnumerable<string> names = known.TryGetValue("image_token", out var own) ? [own, .. s_imageTokens] : s_imageTokens;
        return names.FirstOrDefault(name => Count(with.Value, name) == Count(without.Value, name) + 1);
    }

    static int Count(string text, string name) => text.AsSpan().Count(name);

    static JinjaDict Message(string role, object? content) => Dict(("role", (JinjaString)role), ("content", content));

    static JinjaDict Part(JinjaString text) => Dict(("type", (JinjaString)"text"), ("text", text));

    static JinjaDict Image() => Dict(("type", (JinjaString)"image"));

    static JinjaList List(params List<object?> items) => new(items);

    static JinjaDict Dict(params ReadOnlySpan<(string Key, object? Value)> items)
    {
        var dict = new JinjaDict();
        foreach (var (key, value) in items) dict.Set((JinjaString)key, value);
        return dict;
    }
}
