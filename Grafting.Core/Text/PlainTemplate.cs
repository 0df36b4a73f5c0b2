namespace Grafting.Core.Text;

/// <summary>
/// For base models, which know no chat tokens: the begin token where there is one, the picture, then one line per turn. Question and
/// answer alternate, and the line break after an answer is its end token.
/// </summary>
/// <remarks>
/// A turn is one line: white space around it is taken off, and line breaks inside it become spaces. The end is a line break and not the
/// end-of-text token because base models were often never trained to emit the latter (TinyStories models only ever saw the begin token),
/// and an untouched target has to be able to end its answer. Labels: the answers and their line breaks, weight 1. There are no special
/// tokens to give another weight to.
/// </remarks>
internal sealed class PlainTemplate : ChatTemplate
{
    public override string Name => "plain";

    public override IReadOnlyList<int> StopIds(Tokenizer tokenizer)
    {
        SortedSet<int> ids = [LineBreak(tokenizer)];
        if (tokenizer.EndId is { } end) ids.Add(end);
        return [.. ids];
    }

    private protected override void Begin(ChatBuilder chat, Tokenizer tokenizer)
    {
        if (tokenizer.BeginId is { } begin) chat.Token(begin);
    }

    private protected override void Add(ChatBuilder chat, Tokenizer tokenizer, Turn turn, bool pictured, double specialWeight)
    {
        var weight = turn.Role == Role.Assistant ? 1 : 0;
        if (pictured) chat.Image();
        chat.Text(OneLine(turn.Text), weight);
        chat.Token(LineBreak(tokenizer), weight);
    }

    private protected override void OpenAnswer(ChatBuilder chat, Tokenizer tokenizer, double specialWeight)
    {
        // The line break after the question has opened it.
    }

    static string OneLine(string text) =>
        string.Join(' ', text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    int LineBreak(Tokenizer tokenizer) => tokenizer.EncodeSegment("\n", continuation: true) is [var id]
        ? id
        : throw Fault.Input($"the chat template \"{Name}\" needs a line break to be one token, which it is not in this tokenizer.");
}
