namespace Grafting.Core.Text;

/// <summary>The ids of a text as they come, with the stretches that they stand for where the text is tracked.</summary>
internal sealed class EncodedTokens(bool tracked)
{
    public List<int> Ids { get; } = [];

    public List<TextSpan>? Spans { get; } = tracked ? [] : null;

    public void Add(int id, TextSpan span)
    {
        Ids.Add(id);
        Spans?.Add(span);
    }
}

/// <summary>Turns one piece of text into ids.</summary>
internal abstract class PieceModel
{
    /// <exception cref="GraftException">A character is not in the vocabulary, and the vocabulary names no unknown token.</exception>
    public abstract void Encode(AlignedText piece, EncodedTokens output, PieceWorkspace work);

    /// <summary>Ids of the byte tokens <c>&lt;0x00&gt;…&lt;0xFF&gt;</c>; −1 where one is missing.</summary>
    protected static int[] ByteIds(IReadOnlyDictionary<string, int> vocabulary) =>
        [.. Enumerable.Range(0, 256).Select(value => vocabulary.GetValueOrDefault($"<0x{value:X2}>", -1))];

    protected static GraftException NoTokenFor(System.Text.Rune rune) => Fault.Input(
        $"the vocabulary has no token for '{rune}' (U+{rune.Value:X4}) and names no unknown token.",
        "Leave the character out, or use a tokenizer that covers it.");
}

/// <summary>Working memory of a model, and the words that it has met; used by one text at a time.</summary>
internal sealed class PieceWorkspace
{
    /// <summary>Words come again and again; what is longer, or comes after so many, is encoded every time.</summary>
    public const int LongestRemembered = 24;
    const int MostRemembered = 1 << 16;

    readonly Dictionary<string, int[]> known = new(StringComparer.Ordinal);

    public List<Bpe.Symbol> Symbols { get; } = [];

    public MergeQueue Queue { get; } = new();

    public Dictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> Known => known.GetAlternateLookup<ReadOnlySpan<char>>();

    public Unigram.Arrival[] Arrivals { get; set; } = [];

    public void Remember(ReadOnlySpan<char> word, ReadOnlySpan<int> ids)
    {
        if (known.Count < MostRemembered) known[word.ToString()] = ids.ToArray();
    }
}
