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
internal sealed class Bpe
{
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> vocabulary;
    readonly Dictionary<(int Left, int Right), Merge> merges;
    readonly BpeRules rules;
    readonly IReadOnlySet<int> special;
    readonly int[]? byteIds;

    /// <param name="special">Control tokens that the vocabulary may hold; no text is taken for one as a whole.</param>
    public Bpe(
        Dictionary<string, int> vocabulary, Dictionary<(int Left, int Right), Merge> merges, BpeRules rules, IReadOnlySet<int> special)
    {
        this.vocabulary = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        this.merges = merges;
        this.rules = rules;
        this.special = special;
        if (rules.ByteFallback)
            byteIds = [.. Enumerable.Range(0, 256).Select(value => vocabulary.GetValueOrDefault($"<0x{value:X2}>", -1))];
    }

    /// <summary>Working memory of one text; not shared between threads.</summary>
    public sealed class Workspace
    {
        internal readonly List<Symbol> Symbols = [];
        internal readonly PriorityQueue<(int At, int Id), long> Queue = new();
    }

    internal struct Symbol
    {
        /// <summary>−1 once merged into the symbol on its left.</summary>
        public int Id;
        public int Previous;
        public int Next;
    }

    /// <exception cref="GraftException">A character is not in the vocabulary, and the vocabulary names no unknown token.</exception>
    public void Encode(ReadOnlySpan<char> piece, List<int> output, Workspace work)
    {
        if (piece.IsEmpty) return;
        if (rules.IgnoreMerges && vocabulary.TryGetValue(piece, out var whole) && !special.Contains(whole))
        {
            output.Add(whole);
            return;
        }
        work.Symbols.Clear();
        Spell(piece, work.Symbols);
        MergeAll(work);
        if (work.Symbols.Count == 0) return;
        for (var at = 0; at >= 0; at = work.Symbols[at].Next) output.Add(work.Symbols[at].Id);
    }

    void Spell(ReadOnlySpan<char> piece, List<Symbol> symbols)
    {
        var unknownRun = false;
        Span<byte> utf8 = stackalloc byte[4];
        while (!piece.IsEmpty)
        {
            Rune.DecodeFromUtf16(piece, out var rune, out var length);
            var inVocabulary = vocabulary.TryGetValue(piece[..length], out var id);
            if (inVocabulary)
            {
                Add(symbols, id);
            }
            else if (!TrySpellBytes(utf8[..rune.EncodeToUtf8(utf8)], symbols))
            {
                if (rules.Unknown is not { } unknown)
                {
                    throw Fault.Input(
                        $"the vocabulary has no token for '{rune}' (U+{rune.Value:X4}) and names no unknown token.",
                        "Leave the character out, or use a tokenizer that covers it.");
                }
                if (!unknownRun || !rules.FuseUnknown) Add(symbols, unknown);
                unknownRun = true;
                piece = piece[length..];
                continue;
            }
            unknownRun = false;
            piece = piece[length..];
        }
        if (symbols.Count > 0) CollectionsMarshal.AsSpan(symbols)[^1].Next = -1;
    }

    bool TrySpellBytes(ReadOnlySpan<byte> utf8, List<Symbol> symbols)
    {
        if (byteIds is null) return false;
        foreach (var value in utf8)
            if (byteIds[value] < 0) return false;
        foreach (var value in utf8) Add(symbols, byteIds[value]);
        return true;
    }

    static void Add(List<Symbol> symbols, int id) =>
        symbols.Add(new Symbol { Id = id, Previous = symbols.Count - 1, Next = symbols.Count + 1 });

    void MergeAll(Workspace work)
    {
        var symbols = CollectionsMarshal.AsSpan(work.Symbols);
        var queue = work.Queue;
        for (var at = 0; at < symbols.Length - 1; at++) Offer(symbols, at, queue);
        while (queue.TryDequeue(out var candidate, out _))
        {
            ref var left = ref symbols[candidate.At];
            // Entries are not withdrawn when a neighbour changes: one is stale if its pair no longer gives the id it promised.
            if (left.Id < 0 || left.Next < 0) continue;
            ref var right = ref symbols[left.Next];
            if (!merges.TryGetValue((left.Id, right.Id), out var merge) || merge.Id != candidate.Id) continue;

            left.Id = merge.Id;
            left.Next = right.Next;
            right.Id = -1;
            if (left.Next >= 0)
            {
                symbols[left.Next].Previous = candidate.At;
                Offer(symbols, candidate.At, queue);
            }
            if (left.Previous >= 0) Offer(symbols, left.Previous, queue);
        }
    }

    void Offer(ReadOnlySpan<Symbol> symbols, int at, PriorityQueue<(int At, int Id), long> queue)
    {
        if (merges.TryGetValue((symbols[at].Id, symbols[symbols[at].Next].Id), out var merge))
            queue.Enqueue((at, merge.Id), ((long)merge.Rank << 32) | (uint)at);
    }
}
