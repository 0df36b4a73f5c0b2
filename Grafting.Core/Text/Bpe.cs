using System.Runtime.InteropServices;
using System.Text;

namespace Grafting.Core.Text;

/// <summary>How a byte-pair vocabulary treats what it does not contain.</summary>
/// <param name="Unknown">Id for a character outside the vocabulary; null = an error.</param>
/// <param name="FuseUnknown">A run of unknown characters becomes one id.</param>
/// <param name="ByteFallback">Try the byte tokens <c>&lt;0x00&gt;…&lt;0xFF&gt;</c> before <paramref name="Unknown"/>.</param>
/// <param name="IgnoreMerges">A piece that is a token as a whole is taken as such, whether merges lead to it or not (Llama 3).</param>
/// <param name="Prefix">Stands in the vocabulary before every character of a piece but the first.</param>
/// <param name="Suffix">Stands in the vocabulary behind the last character of a piece (CLIP).</param>
internal sealed record BpeRules(
    int? Unknown, bool FuseUnknown, bool ByteFallback, bool IgnoreMerges, string Prefix = "", string Suffix = "")
{
    public bool MarksCharacters => Prefix.Length > 0 || Suffix.Length > 0;
}

/// <summary>
/// Byte-pair encoding of one piece of text: characters become ids, then the pair of neighbours with the lowest rank is merged, leftmost
/// first, until none is left. A queue over a linked list keeps it at n log n, whatever the length of the piece.
/// </summary>
internal sealed class Bpe : PieceModel
{
    /// <summary>Symbols of a piece up to which a queue does not pay.</summary>
    const int Short = 32;

    /// <summary>SentencePiece's space.</summary>
    const char Space = '▁';

    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> vocabulary;
    readonly MergeTable merges;
    readonly BpeRules rules;
    readonly IReadOnlySet<int> special;
    readonly int[]? byteIds;

    /// <summary>Ids of the first characters alone, which are most of all texts; −1 for none.</summary>
    readonly int[] firstIds = new int[512];

    /// <summary>
    /// The characters that stand before a space inside some token. Before any other space a piece can be cut, since no merge goes across;
    /// whole texts are pieces in models of SentencePiece's kind. Null where nothing may be cut.
    /// </summary>
    readonly HashSet<char>? beforeSpace;

    /// <param name="special">Control tokens that the vocabulary may hold; no text is taken for one as a whole.</param>
    public Bpe(Dictionary<string, int> vocabulary, MergeTable merges, BpeRules rules, IReadOnlySet<int> special)
    {
        this.vocabulary = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        this.merges = merges;
        this.rules = rules;
        this.special = special;
        if (rules.ByteFallback) byteIds = ByteIds(vocabulary);
        for (var value = 0; value < firstIds.Length; value++)
            firstIds[value] = this.vocabulary.TryGetValue([(char)value], out var id) ? id : -1;
        if (!rules.MarksCharacters && vocabulary.ContainsKey(Space.ToString())) beforeSpace = BeforeSpace(vocabulary.Keys);
    }

    static HashSet<char> BeforeSpace(IEnumerable<string> tokens)
    {
        HashSet<char> found = [];
        foreach (var token in tokens)
        {
            for (var at = token.IndexOf(Space, Math.Min(1, token.Length)); at >= 0; at = token.IndexOf(Space, at + 1))
                found.Add(token[at - 1]);
        }
        return found;
    }

    internal struct Symbol
    {
        /// <summary>−1 once merged into the symbol on its left.</summary>
        public int Id;
        public int Previous;
        public int Next;

        /// <summary>The characters of the piece that it covers; the bytes of one character all cover it.</summary>
        public int Start;
        public int End;

        /// <summary>What it and its right neighbour become.</summary>
        public Merge Merge;
    }

    public override void Encode(AlignedText piece, EncodedTokens output, PieceWorkspace work)
    {
        for (int start = 0, end; start < piece.Length; start = end)
        {
            end = CutBehind(piece.Text, start);
            EncodeWord(piece, start, end, output, work);
        }
    }

    int CutBehind(string text, int start)
    {
        if (beforeSpace is null) return text.Length;
        var at = text.IndexOf(Space, start + 1);
        while (at >= 0 && beforeSpace.Contains(text[at - 1])) at = text.IndexOf(Space, at + 1);
        return at < 0 ? text.Length : at;
    }

    void EncodeWord(AlignedText piece, int start, int end, EncodedTokens output, PieceWorkspace work)
    {
        var word = piece.Text.AsSpan(start, end - start);
        if (piece.IsTracked || word.Length > PieceWorkspace.LongestRemembered)
        {
            EncodeNew(piece, start, word, output, work);
            return;
        }
        if (work.Known.TryGetValue(word, out var known))
        {
            output.Ids.AddRange(known);
            return;
        }
        var before = output.Ids.Count;
        EncodeNew(piece, start, word, output, work);
        work.Remember(word, CollectionsMarshal.AsSpan(output.Ids)[before..]);
    }

    void EncodeNew(AlignedText piece, int start, ReadOnlySpan<char> word, EncodedTokens output, PieceWorkspace work)
    {
        if (rules.IgnoreMerges && vocabulary.TryGetValue(word, out var whole) && !special.Contains(whole))
        {
            output.Add(whole, piece.Source(start, start + word.Length));
            return;
        }
        work.Symbols.Clear();
        Spell(word, work.Symbols);
        MergeAll(work);
        var symbols = CollectionsMarshal.AsSpan(work.Symbols);
        for (var at = symbols.IsEmpty ? -1 : 0; at >= 0; at = symbols[at].Next)
            output.Add(symbols[at].Id, piece.Source(start + symbols[at].Start, start + symbols[at].End));
    }

    void Spell(ReadOnlySpan<char> word, List<Symbol> symbols)
    {
        var unknownRun = false;
        for (int at = 0, next; at < word.Length; at = next)
        {
            Rune.DecodeFromUtf16(word[at..], out var rune, out var length);
            next = at + length;
            var spelling = rules.MarksCharacters ? Marked(word, at, next) : word[at..next];
            if (IdOf(spelling) is var id && id >= 0)
            {
                Add(symbols, id, at, next);
            }
            else if (!TrySpellBytes(spelling, symbols, at, next))
            {
                if (rules.Unknown is not { } unknown) throw NoTokenFor(rune);
                if (!unknownRun || !rules.FuseUnknown) Add(symbols, unknown, at, next);
                else CollectionsMarshal.AsSpan(symbols)[^1].End = next;
                unknownRun = true;
                continue;
            }
            unknownRun = false;
        }
        if (symbols.Count > 0) CollectionsMarshal.AsSpan(symbols)[^1].Next = -1;
    }

    ReadOnlySpan<char> Marked(ReadOnlySpan<char> word, int at, int next) =>
        string.Concat(at > 0 ? rules.Prefix : "", word[at..next], next == word.Length ? rules.Suffix : "");

    int IdOf(ReadOnlySpan<char> spelling)
    {
        if (spelling.Length == 1 && spelling[0] < firstIds.Length) return firstIds[spelling[0]];
        return vocabulary.TryGetValue(spelling, out var id) ? id : -1;
    }

    bool TrySpellBytes(ReadOnlySpan<char> spelling, List<Symbol> symbols, int start, int end)
    {
        if (byteIds is null) return false;
        Span<byte> utf8 = stackalloc byte[16];
        var bytes = spelling.Length * 3 <= utf8.Length ? utf8 : new byte[Encoding.UTF8.GetMaxByteCount(spelling.Length)];
        bytes = bytes[..Encoding.UTF8.GetBytes(spelling, bytes)];
        foreach (var value in bytes)
            if (byteIds[value] < 0) return false;
        foreach (var value in bytes) Add(symbols, byteIds[value], start, end);
        return true;
    }

    static void Add(List<Symbol> symbols, int id, int start, int end) =>
        symbols.Add(new Symbol { Id = id, Previous = symbols.Count - 1, Next = symbols.Count + 1, Start = start, End = end });

    void MergeAll(PieceWorkspace work)
    {
        var symbols = CollectionsMarshal.AsSpan(work.Symbols);
        for (var at = 0; at < symbols.Length; at++) LookAhead(symbols, at);
        if (symbols.Length <= Short)
        {
            MergeShort(symbols);
            return;
        }
        var queue = work.Queue;
        for (var at = 0; at < symbols.Length; at++)
            if (symbols[at].Merge.Id >= 0) queue.Append(symbols[at].Merge.Rank, at);
        queue.Order();
        while (queue.TryTake(out var rank, out var at))
        {
            ref var left = ref symbols[at];
            // Entries are not withdrawn when a neighbour changes: one is stale if its symbol is gone, or waits for another merge by now.
            if (left.Id < 0 || left.Merge.Rank != rank) continue;
            Join(symbols, at);
            if (left.Merge.Id >= 0) queue.Add(left.Merge.Rank, at);
            if (left.Previous >= 0 && symbols[left.Previous].Merge is { Id: >= 0 } before) queue.Add(before.Rank, left.Previous);
        }
    }

    /// <summary>The same for a word: all pairs are looked through for each merge, which costs less than a queue.</summary>
    void MergeShort(Span<Symbol> symbols)
    {
        while (!symbols.IsEmpty)
        {
            var (best, rank) = (-1, Merge.None.Rank);
            for (var at = 0; at >= 0; at = symbols[at].Next)
                if (symbols[at].Merge.Rank < rank) (best, rank) = (at, symbols[at].Merge.Rank);
            if (best < 0) return;
            Join(symbols, best);
        }
    }

    void LookAhead(Span<Symbol> symbols, int at)
    {
        ref var symbol = ref symbols[at];
        symbol.Merge = symbol.Next >= 0 ? merges[symbol.Id, symbols[symbol.Next].Id] : Merge.None;
    }

    /// <summary>Does the merge that a symbol waits for: takes its right neighbour into it.</summary>
    void Join(Span<Symbol> symbols, int at)
    {
        ref var left = ref symbols[at];
        ref var right = ref symbols[left.Next];
        left.Id = left.Merge.Id;
        left.End = right.End;
        left.Next = right.Next;
        right.Id = -1;
        if (left.Next >= 0) symbols[left.Next].Previous = at;
        LookAhead(symbols, at);
        if (left.Previous >= 0) LookAhead(symbols, left.Previous);
    }
}
