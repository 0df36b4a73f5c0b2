namespace Grafting.Core.Text;

/// <summary>
/// For base models, which know no chat tokens: the begin token where there is one, the picture, then one line per turn. Question and
/// answer alternate, and the line break after an answer is its end token.
/// </summary>
/// <remarks>
/// A turn is one line: white space around it is taken off, and line breaks inside it become spaces (pictures inside it keep the space
/// beside them). The end is a line break and not the end-of-text token because base models were often never trained to emit the latter
/// (TinyStories models only ever saw the begin token), and an untouched target has to be able to end its answer. Labels: the answers and
/// their line breaks, weight 1. There are no special tokens to give another weight to.
/// </remarks>
internal sealed class PlainTemplate : CleanTemplate
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

    private protected override void Add(ChatBuilder chat, Tokenizer tokenizer, Role role, IReadOnlyList<string?> parts, LabelPolicy policy)
    {
        var weight = role == Role.Assistant ? 1 : 0;
        chat.OpenBody();
        for (var i = 0; i < parts.Count; i++)
        {
            if (parts[i] is not { } text) chat.Image();
            else chat.Text(OneLine(text, first: i == 0, last: i == parts.Count - 1), weight);
        }
        chat.Token(LineBreak(tokenizer), weight);
        chat.CloseTurn(role);
    }

    private protected override void OpenAnswer(ChatBuilder chat, Tokenizer tokenizer, LabelPolicy policy)
    {
        // The line break after the question has opened it.
    }

    static string OneLine(string text, bool first, bool last)
    {
        var line = string.Join(' ', text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        if (line.Length == 0) return first || last || text.Length == 0 ? "" : " ";
        if (!first && char.IsWhiteSpace(text[0])) line = " " + line;
        return !last && char.IsWhiteSpace(text[^1]) ? line + " " : line;
    }

    int LineBreak(Tokenizer tokenizer) => tokenizer.EncodeSegment("\n", continuation: true) is [var id]
        ? id
        : throw Fault.Input($"the chat template \"{Name}\" needs a line break to be one token, which it is not in this tokenizer.");
}
