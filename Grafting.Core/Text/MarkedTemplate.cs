namespace Grafting.Core.Text;

/// <summary>A template whose turns are set off by special tokens.</summary>
internal abstract class MarkedTemplate : CleanTemplate
{
    public abstract string EndOfTurn { get; }

    /// <summary>Tokens by which a vocabulary shows that it was made for this template.</summary>
    public abstract IReadOnlyList<string> SpecialTokens { get; }

    /// <summary>Tokens at which a model may stop as well, where the vocabulary has them.</summary>
    private protected abstract IReadOnlyList<string> EndsOfText { get; }

    public sealed override IReadOnlyList<int> StopIds(Tokenizer tokenizer)
    {
        SortedSet<int> ids = [Required(tokenizer, EndOfTurn)];
        if (tokenizer.EndId is { } end) ids.Add(end);
        ids.UnionWith(EndsOfText.Select(tokenizer.IdOf).OfType<int>());
        return [.. ids];
    }

    private protected sealed override void Add(
        ChatBuilder chat, Tokenizer tokenizer, Role role, IReadOnlyList<string?> parts, LabelPolicy policy)
    {
        var answer = role == Role.Assistant;
        Open(chat, tokenizer, role, policy);
        chat.OpenBody();
        foreach (var part in parts)
        {
            if (part is null) chat.Image();
            else chat.Text(part, answer ? 1 : 0);
        }
        chat.Token(Required(tokenizer, EndOfTurn), answer ? 1 : policy.SpecialTokenWeight);
        chat.CloseTurn(role);
        Close(chat);
    }

    private protected sealed override void OpenAnswer(ChatBuilder chat, Tokenizer tokenizer, LabelPolicy policy) =>
        Open(chat, tokenizer, Role.Assistant, policy);

    private protected abstract void Open(ChatBuilder chat, Tokenizer tokenizer, Role role, LabelPolicy policy);
    private protected abstract void Close(ChatBuilder chat);

    internal static string NameOf(Role role) => role switch
    {
        Role.System => "system",
        Role.User => "user",
        _ => "assistant",
    };
}

/// <summary>
/// <c>&lt;|begin_of_text|&gt;</c>, then per turn <c>&lt;|start_header_id|&gt;role&lt;|end_header_id|&gt;\n…&lt;|eot_id|&gt;</c>.
/// </summary>
/// <remarks>
/// Labels with a special-token weight w: both header tokens of every turn (w), the end token of user and system turns (w), the line break
/// that follows an assistant's header (w), answer and its end token (1). Never: the begin token, the role names, the line break and the
/// body of other turns, the pictures. With w = 1 this is the mask of the paper's stages 1 and 2. With w = 0 and
/// <see cref="LabelPolicy.LineBreak"/> it is that of stage 3, which leaves out the first three tokens of an answer's turn and keeps the
/// rest. The line break is a segment of its own, so that an answer is encoded the same in training and after a generation prompt.
/// </remarks>
internal sealed class Llama3Template : MarkedTemplate
{
    public override string Name => "llama3";
    public override string EndOfTurn => "<|eot_id|>";
    public override IReadOnlyList<string> SpecialTokens => ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"];
    private protected override IReadOnlyList<string> EndsOfText => ["<|end_of_text|>", "<|eom_id|>"];

    private protected override void Begin(ChatBuilder chat, Tokenizer tokenizer) =>
        chat.Token(tokenizer.BeginId ?? Required(tokenizer, "<|begin_of_text|>"));

    private protected override void Open(ChatBuilder chat, Tokenizer tokenizer, Role role, LabelPolicy policy)
    {
        chat.Token(Required(tokenizer, "<|start_header_id|>"), policy.SpecialTokenWeight);
        chat.Text(NameOf(role));
        chat.Token(Required(tokenizer, "<|end_header_id|>"), policy.SpecialTokenWeight);
        chat.Text("\n", role != Role.Assistant ? 0 : policy.LineBreak ? 1 : policy.SpecialTokenWeight);
    }

    private protected override void Close(ChatBuilder chat)
    {
    }
}

/// <summary>Per turn <c>&lt;|im_start|&gt;role\n…&lt;|im_end|&gt;\n</c>; nothing before the first.</summary>
/// <remarks>
/// Labels with a special-token weight w: <c>&lt;|im_start|&gt;</c> of every turn but the first, which nothing predicts, and
/// <c>&lt;|im_end|&gt;</c> of user and system turns (w), answer and its end token (1). Never: role names, both line breaks, other bodies,
/// the pictures. <see cref="LabelPolicy.LineBreak"/> changes nothing: the break behind the role is among the three tokens that stage 3
/// leaves out.
/// </remarks>
internal sealed class QwenTemplate : MarkedTemplate
{
    public override string Name => "qwen";
    public override string EndOfTurn => "<|im_end|>";
    public override IReadOnlyList<string> SpecialTokens => ["<|im_start|>", "<|im_end|>"];
    private protected override IReadOnlyList<string> EndsOfText => ["<|endoftext|>"];

    private protected override void Begin(ChatBuilder chat, Tokenizer tokenizer)
    {
    }

    private protected override void Open(ChatBuilder chat, Tokenizer tokenizer, Role role, LabelPolicy policy)
    {
        chat.Token(Required(tokenizer, "<|im_start|>"), policy.SpecialTokenWeight);
        chat.Text(NameOf(role) + "\n");
    }

    private protected override void Close(ChatBuilder chat) => chat.Text("\n");
}
