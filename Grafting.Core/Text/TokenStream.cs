using System.Runtime.InteropServices;

namespace Grafting.Core.Text;

/// <summary>
/// Text of a sequence of ids as they come, for printing while a model generates. A character whose bytes are spread over several tokens
/// is held back until it is whole. The parts together are what <see cref="Tokenizer.Decode"/> gives for all ids.
/// </summary>
/// <remarks>
/// Where a model emits byte tokens that are not UTF-8, the replacement characters may differ in number from those of
/// <see cref="Tokenizer.Decode"/>: whether a run of bytes is valid is known only at its end, and a stream cannot wait for that.
/// </remarks>
public sealed class TokenStream(Tokenizer tokenizer, bool skipSpecialTokens = true)
{
    /// <summary>A character has at most four bytes, so that at most three of them, or of their tokens, wait for the last.</summary>
    const int LongestWait = 3;

    /// <summary>
    /// Ids of the last part given out, kept as context since the text of an id depends on its neighbours, then the newer ones.
    /// </summary>
    readonly List<int> window = [];
    int contextIds;

    /// <summary>The text of the window that was given out.</summary>
    string shown = "";
    int waiting;

    /// <summary>The text that became certain with this id; may be empty.</summary>
    public string Push(int id)
    {
        if (skipSpecialTokens && tokenizer.IsSpecial(id)) return "";
        window.Add(id);
        waiting++;
        var text = Decode();
        var end = text.Length;
        while (end > 0 && text.Length - end < LongestWait && text[end - 1] == '\uFFFD') end--;
        // An unfinished character can spoil the text of the bytes before it, which come back with its last byte.
        if (!text.AsSpan(0, end).StartsWith(shown, StringComparison.Ordinal) && waiting <= LongestWait) return "";

        var part = text[Math.Min(shown.Length, end)..end];
        shown = text[..end];
        if (part.Length > 0) waiting = 0;
        if (end == text.Length && part.Length > 0)
        {
            window.RemoveRange(0, contextIds);
            contextIds = window.Count;
            shown = Decode();
        }
        return part;
    }

    /// <summary>What was held back; the sequence has ended.</summary>
    public string Flush()
    {
        var text = Decode();
        var part = text[Math.Min(shown.Length, text.Length)..];
        window.Clear();
        contextIds = waiting = 0;
        shown = "";
        return part;
    }

    string Decode() => tokenizer.Decode(CollectionsMarshal.AsSpan(window), skipSpecialTokens);
}
