namespace Grafting.Core.Text;

/// <summary>Collects a conversation segment by segment, so that no text can turn into a special token.</summary>
internal sealed class ChatBuilder(Tokenizer tokenizer)
{
    readonly List<int> ids = [];
    readonly List<float> weights = [];
    readonly List<TurnSpan> turns = [];
    int bodyStart;
    bool textBefore;

    public void Token(int id, double weight = 0)
    {
        ids.Add(id);
        weights.Add((float)weight);
    }

    /// <summary>Text; only the first of a conversation gets the dummy space of SentencePiece-style tokenizers.</summary>
    public void Text(string text, double weight = 0)
    {
        foreach (var id in tokenizer.EncodeSegment(text, continuation: textBefore)) Token(id, weight);
        textBefore |= text.Length > 0;
    }

    public void Image() => Token(EncodedChat.ImageSlot);

    /// <summary>What follows is a turn's own, its header having been written.</summary>
    public void OpenBody() => bodyStart = ids.Count;

    /// <summary>The turn's end token was the last.</summary>
    public void CloseTurn(Role role) => turns.Add(new TurnSpan(role, bodyStart, ids.Count));

    public EncodedChat Build()
    {
        // Nothing predicts the first token, so that it cannot be a label: Qwen's template has no begin token in front.
        if (weights.Count > 0) weights[0] = 0;
        return new([.. ids], [.. weights]) { Turns = turns };
    }
}
