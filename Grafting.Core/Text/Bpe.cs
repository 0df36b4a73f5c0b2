using System.Runtime.InteropServices;
using System.Text;

namespace Grafting.Core.Text;

/// <summary>How a byte-pair vocabulary treats what it does not contain.</summary>
/// <param name="Unknown">Id for a character outside the vocabulary; null = an error.</param>
/// <param name="FuseUnknown">A run of unknown characters becomes one id.</param>
/// <param name="ByteFallback">Try the byte tokens <c>&lt;0x00&gt;…&lt;0xFF&gt;</c> before <paramref name="Unknown"/>.</param>
/// <param name="IgnoreMerges">A piece that is a token as a whole is taken as such, whether merges lead to it or not (Llama 3).</param>
internal sealed record BpeRules(int? Unknown, bool FuseUnknown, bool ByteFallback, bool IgnoreMerges);

/// <summary>Rank of a merge (lower is earlier) and the id it gives.</summary>
internal readonly record struct Merge(int Rank, int Id);

/// <summary>
/// Byte-pair encoding of one piece of text: characters become ids, then the pair of neighbours with the lowest rank is merged, leftmost
/// first, until none is left. A queue over a linked list keeps it at n log n, whatever the length of the piece.
/// </summary>
internal sealed class Bpe : PieceModel
{
    /// <summary>Symbols of a piece up to which a queue does not pay.</summary>
    const int Short = 32;

    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> vocabulary;
    readonly Dictionary<long, Merge> merges;
    readonly BpeRules rules;
    readonly IReadOnlySet<int> special;
    readonly int[]? byteIds;

    /// <param name="merges">What pairs of ids become, see <see cref="Pair"/>.</param>
    /// <param name="special">Control tokens that the vocabulary may hold; no text is taken for one as a whole.</param>
    public Bpe(Dictionary<string, int> vocabulary, Dictionary<long, Merge> merges, BpeRules rules, IReadOnlySet<int> special)
    {
        this.vocabulary = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        this.merges = merges;
        this.rules = rules;
        this.special = special;
        if (rules.ByteFallback) byteIds = ByteIds(vocabulary);
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
    }

    /// <summary>Two neighbouring ids as one key.</summary>
    public static long Pair(int left, int right) => ((long)left << 32) | (uint)right;

    public override void Encode(AlignedText piece, EncodedTokens output, PieceWorkspace work)
    {
        if (piece.Length == 0) return;
        var remembered = !piece.IsTracked && piece.Length <= PieceWorkspace.LongestRemembered;
        if (remembered && work.Known.TryGetValue(piece.Text, out var known))
        {
            output.Ids.AddRange(known);
            return;
        }
        var before = output.Ids.Count;
        EncodeNew(piece, output, work);
        if (remembered && work.Known.Count < PieceWorkspace.MostRemembered)
            work.Known[piece.Text] = [.. CollectionsMarshal.AsSpan(output.Ids)[before..]];
    }

    void EncodeNew(AlignedText piece, EncodedTokens output, PieceWorkspace work)
    {
        if (rules.IgnoreMerges && vocabulary.TryGetValue(piece.Text, out var whole) && !special.Contains(whole))
        {
            output.Add(whole, piece.Source(0, piece.Length));
            return;
        }
        work.Symbols.Clear();
        Spell(piece.Text, work.Symbols);
        MergeAll(work);
        var symbols = CollectionsMarshal.AsSpan(work.Symbols);
        for (var at = symbols.IsEmpty ? -1 : 0; at >= 0; at = symbols[at].Next)
            output.Add(symbols[at].Id, piece.Source(symbols[at].Start, symbols[at].End));
    }

    void Spell(ReadOnlySpan<char> piece, List<Symbol> symbols)
    {
        var unknownRun = false;
        Span<byte> utf8 = stackalloc byte[4];
        for (int at = 0, next; at < piece.Length; at = next)
        {
            Rune.DecodeFromUtf16(piece[at..], out var rune, out var length);
            next = at + length;
            if (vocabulary.TryGetValue(piece[at..next], out var id))
            {
                Add(symbols, id, at, next);
            }
            else if (!TrySpellBytes(utf8[..rune.EncodeToUtf8(utf8)], symbols, at, next))
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

    bool TrySpellBytes(ReadOnlySpan<byte> utf8, List<Symbol> symbols, int start, int end)
    {
        if (byteIds is null) return false;
        foreach (var value in utf8)
            if (byteIds[value] < 0) return false;
        foreach (var value in utf8) Add(symbols, byteIds[value], start, end);
        return true;
    }

    static void Add(List<Symbol> symbols, int id, int start, int end) =>
        symbols.Add(new Symbol { Id = id, Previous = symbols.Count - 1, Next = symbols.Count + 1, Start = start, End = end });

    void MergeAll(PieceWorkspace work)
    {
        var symbols = CollectionsMarshal.AsSpan(work.Symbols);
        if (symbols.Length <= Short)
        {
            MergeShort(symbols);
            return;
        }
        var queue = work.Queue;
        for (var at = 0; at < symbols.Length - 1; at++) Offer(symbols, at, queue);
        while (queue.TryDequeue(out var candidate, out _))
        {
            ref var left = ref symbols[candidate.At];
            // Entries are not withdrawn when a neighbour changes: one is stale if its pair no longer gives the id it promised.
            if (left.Id < 0 || MergeAt(symbols, candidate.At).Id != candidate.Id) continue;
            Join(symbols, candidate.At, candidate.Id);
            if (left.Next >= 0) Offer(symbols, candidate.At, queue);
            if (left.Previous >= 0) Offer(symbols, left.Previous, queue);
        }
    }

    /// <summary>The same for a word: all pairs are looked through after each merge, which costs less than a queue.</summary>
    void MergeShort(Span<Symbol> symbols)
    {
        Span<Merge> pairs = stackalloc Merge[Short];
        for (var at = 0; at < symbols.Length; at++) pairs[at] = MergeAt(symbols, at);
        while (!symbols.IsEmpty)
        {
            var (best, rank) = (-1, int.MaxValue);
            for (var at = 0; at >= 0; at = symbols[at].Next)
                if (pairs[at].Rank < rank) (best, rank) = (at, pairs[at].Rank);
            if (best < 0) return;
            Join(symbols, best, pairs[best].Id);
            pairs[best] = MergeAt(symbols, best);
            if (symbols[best].Previous is var before and >= 0) pairs[before] = MergeAt(symbols, before);
        }
    }

    /// <summary>What a symbol and its right neighbour become; the highest rank and no id where that is nothing.</summary>
    Merge MergeAt(ReadOnlySpan<Symbol> symbols, int at) =>
        symbols[at].Next >= 0 && merges.TryGetValue(Pair(symbols[at].Id, symbols[symbols[at].Next].Id), out var merge) ? merge : new Merge(int.MaxValue, -1);

    /// <summary>Takes the right neighbour of a symbol into it.</summary>
    static void Join(Span<Symbol> symbols, int at, int id)
    {
        ref var left = ref symbols[at];
        ref var right = ref symbols[left.Next];
        left.Id = id;
        left.End = right.End;
        left.Next = right.Next;
        right.Id = -1;
        if (left.Next >= 0) symbols[left.Next].Previous = at;
    }

    void Offer(ReadOnlySpan<Symbol> symbols, int at, PriorityQueue<(int At, int Id), long> queue)
    {
        if (MergeAt(symbols, at) is { Id: >= 0 } merge) queue.Enqueue((at, merge.Id), Pair(merge.Rank, at));
    }
}
