namespace Grafting.Core.Text;

/// <summary>Collects a conversation segment by segment, so that no text can turn into a special token.</summary>
internal sealed class ChatBuilder(Tokenizer tokenizer)
{
    readonly List<int> ids = [];
    readonly List<float> weights = [];
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

    public EncodedChat Build() => new([.. ids], [.. weights]);
}
