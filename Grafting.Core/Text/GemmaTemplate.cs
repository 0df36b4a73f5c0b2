namespace Grafting.Core.Text;

/// <summary>
/// The begin token, then per turn <c>&lt;start_of_turn&gt;role\n…&lt;end_of_turn&gt;\n</c>, with "model" for the assistant.
/// </summary>
/// <remarks>
/// Labels with a special-token weight w: <c>&lt;start_of_turn&gt;</c> of every turn and <c>&lt;end_of_turn&gt;</c> of the user's (w),
/// answer and its end token (1). Never: role names, both line breaks, other bodies, the pictures. As in Qwen's template,
/// <see cref="LabelPolicy.LineBreak"/> changes nothing.
/// </remarks>
internal sealed class GemmaTemplate : MarkedTemplate
{
    public override string Name => "gemma";
    public override string EndOfTurn => "<end_of_turn>";
    public override IReadOnlyList<string> SpecialTokens => ["<start_of_turn>", "<end_of_turn>"];
    private protected override IReadOnlyList<string> EndsOfText => ["<eos>"];

    private protected override void Begin(ChatBuilder chat, Tokenizer tokenizer) =>
        chat.Token(tokenizer.BeginId ?? Required(tokenizer, "<bos>"));

    private protected override void Open(ChatBuilder chat, Tokenizer tokenizer, Role role, LabelPolicy policy)
    {
        if (role == Role.System)
            throw Fault.Input("the chat template \"gemma\" has no system turn.", "Put the instruction into the user's first turn.");
        chat.Token(Required(tokenizer, "<start_of_turn>"), policy.SpecialTokenWeight);
        chat.Text(role == Role.Assistant ? "model\n" : "user\n");
    }

    private protected override void Close(ChatBuilder chat) => chat.Text("\n");
}
