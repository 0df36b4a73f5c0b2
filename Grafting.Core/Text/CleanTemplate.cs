namespace Grafting.Core.Text;

/// <summary>A template that is written down here, turn by turn, and not in Jinja.</summary>
internal abstract class CleanTemplate : ChatTemplate
{
    private protected sealed override EncodedChat Write(
        Tokenizer tokenizer, IReadOnlyList<Turn> turns, LabelPolicy policy, bool addGenerationPrompt, string? imagePrompt)
    {
        var chat = new ChatBuilder(tokenizer);
        Begin(chat, tokenizer);
        foreach (var turn in turns)
        {
            Add(chat, tokenizer, turn.Role, TurnParts.Of(turn, imagePrompt), policy);
            if (turn.Pictures > 0) imagePrompt = null;
        }
        if (addGenerationPrompt) OpenAnswer(chat, tokenizer, policy);
        return chat.Build();
    }

    private protected abstract void Begin(ChatBuilder chat, Tokenizer tokenizer);

    /// <param name="parts">Texts of the turn, and null for each picture.</param>
    private protected abstract void Add(ChatBuilder chat, Tokenizer tokenizer, Role role, IReadOnlyList<string?> parts, LabelPolicy policy);

    private protected abstract void OpenAnswer(ChatBuilder chat, Tokenizer tokenizer, LabelPolicy policy);

    private protected int Required(Tokenizer tokenizer, string token) => tokenizer.IdOf(token)
        ?? throw Fault.Input(
            $"the chat template \"{Name}\" needs the token {token}, which the tokenizer lacks.",
            "Choose the template of the tokenizer's own family, or \"plain\".");
}
