namespace Grafting.Core.Text;

/// <summary>
/// Text of a sequence of ids as they come, for printing while a model generates. A character whose bytes are spread over several tokens
/// is held back until it is whole. The parts together are what <see cref="Tokenizer.Decode"/> gives for all ids.
/// </summary>
/// <remarks>
/// Up to three trailing replacement characters are held back, since a character has at most three bytes before its last. Where a model
/// emits byte tokens that are not UTF-8, the number of replacement characters may differ from that of <see cref="Tokenizer.Decode"/>.
/// </remarks>
public sealed class TokenStream(Tokenizer tokenizer, bool skipSpecialTokens = true)
{
    const int LongestHeldBack = 3;

    /// <summary>The ids of the last part given out, as context, and those not yet given out.</summary>
    readonly List<int> window = [];
    int contextIds;
    int emitted;

    /// <summary>The text that became certain with this id; may be empty.</summary>
    public string Push(int id)
    {
        if (skipSpecialTokens && tokenizer.IsSpecial(id)) return "";
        window.Add(id);
        var text = Decode();
        var end = text.Length;
        while (end > 0 && text.Length - end < LongestHeldBack && text[end - 1] == '\uFFFD') end--;
        if (end <= emitted) return "";

        var part = text[emitted..end];
        emitted = end;
        if (end == text.Length)
        {
            window.RemoveRange(0, contextIds);
            contextIds = window.Count;
            emitted = Decode().Length;
        }
        return part;
    }

    /// <summary>What was held back; the sequence has ended.</summary>
    public string Flush()
    {
        var text = Decode();
        var part = text[Math.Min(emitted, text.Length)..];
        window.Clear();
        contextIds = emitted = 0;
        return part;
    }

    string Decode() => tokenizer.Decode(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(window), skipSpecialTokens);
}
