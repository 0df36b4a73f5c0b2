using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Grafting.Core.Text;

namespace Grafting.Core.Transfer.Export;

/// <summary>
/// The conversation form that an encoder was trained with (<see cref="ChatTemplate"/>), as text and as a Jinja template for other programs.
/// One picture of a turn stands before its text; several stand where their parts do.
/// </summary>
/// <param name="Begin">Before the first turn.</param>
/// <param name="BeforeRole">Before the name of a turn's role; null where the form has no roles.</param>
/// <param name="AfterRole">Between role and content.</param>
/// <param name="Assistant">What the assistant's role is called.</param>
/// <param name="AfterTurn">Behind the content.</param>
/// <param name="Picture">What stands for a picture; a processor repeats the image token in it.</param>
/// <param name="ImagePrompt">What leads from the first picture to its question; null: nothing.</param>
/// <param name="OneLine">Whether a turn is written in one line.</param>
sealed record ChatTemplateText(
    string Begin, string? BeforeRole, string AfterRole, string AfterTurn, string Assistant, string Picture, string? ImagePrompt,
    bool OneLine = false)
{
    const string Default = "assistant";
    const string InPlace = """ | replace("\n", " ")""";

    static readonly JsonSerializerOptions Quotes = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="GraftException">Of kind Input: there is no written form of this template.</exception>
    public static ChatTemplateText Of(string template, Tokenizer tokenizer, PictureTokens tokens, string? imagePrompt)
    {
        var picture = tokens.Picture;
        var begin = tokenizer.BeginId is { } id ? tokenizer.TokenOf(id)! : "";
        return template switch
        {
            "llama3" => new(
                begin.Length > 0 ? begin : "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>\n", "<|eot_id|>", Default,
                picture, imagePrompt),
            "qwen" => new("", "<|im_start|>", "\n", "<|im_end|>\n", Default, picture, imagePrompt),
            "gemma" => new(begin.Length > 0 ? begin : "<bos>", "<start_of_turn>", "\n", "<end_of_turn>\n", "model", picture, imagePrompt),
            "plain" => new(begin, null, "", "\n", Default, picture, imagePrompt, OneLine: true),
            _ => throw Fault.Input($"the chat template \"{template}\" has no form that can be exported.", "Use --format native."),
        };
    }

    /// <summary>A conversation as the Jinja template writes it.</summary>
    public string Write(IReadOnlyList<Turn> turns, bool addGenerationPrompt)
    {
        var text = new StringBuilder(Begin);
        var prompt = ImagePrompt;
        foreach (var turn in turns)
        {
            text.Append(Header(turn.Role == Role.Assistant ? Assistant : turn.Role.ToString().ToLowerInvariant()));
            foreach (var part in TurnParts.Of(turn, prompt)) text.Append(part is null ? Picture : OneLine ? part.Replace('\n', ' ') : part);
            if (turn.Pictures > 0) prompt = null;
            text.Append(AfterTurn);
        }
        return text.Append(addGenerationPrompt ? Header(Assistant) : "").ToString();
    }

    string Header(string role) => BeforeRole is null ? "" : BeforeRole + role + AfterRole;

    /// <summary>
    /// For <c>chat_template.jinja</c>: contents are strings, or lists of parts of the types <c>text</c> and <c>image</c>.
    /// </summary>
    public string ToJinja()
    {
        var role = Assistant == Default
            ? "message[\"role\"]"
            : $"({Quote(Assistant)} if message[\"role\"] == \"{Default}\" else message[\"role\"])";
        var header = BeforeRole is null ? "" : $$$"""    {{- {{{Quote(BeforeRole)}}} + {{{role}}} + {{{Quote(AfterRole)}}} -}}""" + "\n";
        var line = OneLine ? " | trim" + InPlace : "";
        var answer = BeforeRole is null ? "" : "\n" + $$$"""
            {%- if add_generation_prompt -%}
                {{- {{{Quote(BeforeRole + Assistant + AfterRole)}}} -}}
            {%- endif -%}
            """;
        return Unified($$$"""
            {%- set picture = {{{Quote(Picture)}}} -%}
            {%- set state = namespace(prompt=true) -%}
            {{- {{{Quote(Begin)}}} -}}
            {%- for message in messages -%}
            {{{header}}}    {%- if message["content"] is string -%}
                    {{- message["content"]{{{line}}} -}}
                {%- else -%}
            {{{Parts(ImagePrompt, OneLine)}}}
                {%- endif -%}
                {{- {{{Quote(AfterTurn)}}} -}}
            {%- endfor -%}{{{answer}}}
            """) + "\n";
    }

    /// <summary>Lines that stand before a template that takes texts only: they make a text of each list of parts.</summary>
    public static string PartsToText(string picture, string? imagePrompt) => Unified($$$"""
        {%- set picture = {{{Quote(picture)}}} -%}
        {%- set state = namespace(prompt=true, messages=[]) -%}
        {%- for message in messages -%}
            {%- if message["content"] is string or not message["content"] -%}
                {%- set state.messages = state.messages + [message] -%}
            {%- else -%}
                {%- set content -%}
        {{{Parts(imagePrompt, oneLine: false)}}}
                {%- endset -%}
                {%- set state.messages = state.messages + [dict(message, content=content)] -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set messages = state.messages -%}
        """);

    /// <summary>Writes the parts of a message, which stand in a list.</summary>
    static string Parts(string? imagePrompt, bool oneLine)
    {
        var inPlace = oneLine ? InPlace : "";
        var line = oneLine ? " | trim" + InPlace : "";
        var single = imagePrompt is null ? """                {{- picture + text -}}""" : string.Create(CultureInfo.InvariantCulture, $$$"""
                            {%- if state.prompt and text -%}
                                {{- {{{Quote(imagePrompt + " ")}}} + picture + ", " + (text[:1] | lower) + text[1:] -}}
                            {%- elif state.prompt -%}
                                {{- {{{Quote(imagePrompt + " ")}}} + picture -}}
                            {%- else -%}
                                {{- picture + text -}}
                            {%- endif -%}
            """);
        return $$$"""
                    {%- set pictures = message["content"] | selectattr("type", "equalto", "image") | list -%}
                    {%- if pictures | length == 1 -%}
                        {%- set text = message["content"] | selectattr("type", "equalto", "text") | map(attribute="text") | join("") | trim{{{line}}} -%}
            {{{single}}}
                    {%- else -%}
                        {%- for part in message["content"] -%}
                            {%- if part["type"] == "image" -%}
                                {{- picture -}}
                            {%- elif part["type"] == "text" -%}
                                {{- part["text"]{{{inPlace}}} -}}
                            {%- endif -%}
                        {%- endfor -%}
                    {%- endif -%}
                    {%- if pictures -%}
                        {%- set state.prompt = false -%}
                    {%- endif -%}
            """;
    }

    static string Unified(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal);

    /// <summary>A string of Jinja, whose escapes are JSON's.</summary>
    static string Quote(string text) => JsonSerializer.Serialize(text, Quotes);
}
