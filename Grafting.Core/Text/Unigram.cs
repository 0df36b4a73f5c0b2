using System.Text;

namespace Grafting.Core.Text;

/// <summary>A piece of a unigram vocabulary with the logarithm of its probability.</summary>
internal readonly record struct ScoredToken(string Token, double Score);

/// <summary>
/// The unigram model of SentencePiece: of all ways to cut a piece into tokens the most probable one (Viterbi). A character that no token
/// covers costs ten more than the least probable token; neighbours of that kind become one unknown token, or their bytes.
/// </summary>
/// <remarks>
/// Ties and rounding as in Hugging Face's tokenizers: sums in double precision from the left, and among equals the cut that was found
/// first, that is the one whose last token begins earliest.
/// </remarks>
internal sealed class Unigram : PieceModel
{
    const double UnknownPenalty = 10;

    readonly IReadOnlyList<ScoredToken> tokens;
    readonly Dictionary<string, int> ids;
    readonly IReadOnlySet<int> special;
    readonly int? unknown;
    readonly int[]? byteIds;
    readonly double unknownScore;

    /// <summary>A trie over UTF-16 units: from a node and a unit to the next node; 0 is the root.</summary>
    readonly Dictionary<long, int> edges = [];
    readonly List<int> idAt = [-1];

    /// <param name="ids">The ids of <paramref name="tokens"/>; of a token that stands there twice, the later one.</param>
    /// <param name="unknown">Id of the unknown token; null = a character that is not covered is an error.</param>
    /// <param name="special">Control tokens among them; no text is taken for one.</param>
    public Unigram(
        IReadOnlyList<ScoredToken> tokens, Dictionary<string, int> ids, int? unknown, bool byteFallback, IReadOnlySet<int> special)
    {
        (this.tokens, this.ids, this.unknown, this.special) = (tokens, ids, unknown, special);
        if (byteFallback) byteIds = ByteIds(ids);
        unknownScore = tokens.Min(token => token.Score) - UnknownPenalty;
        foreach (var (token, id) in ids)
            if (token.Length > 0 && !special.Contains(id)) Enter(token, id);
    }

    /// <summary>The best way to a place in the text.</summary>
    internal struct Arrival
    {
        public double Score;

        /// <summary>Where its last token begins; −1 = no way known.</summary>
        public int From;
        public int Id;
    }

    public override void Encode(AlignedText piece, EncodedTokens output, PieceWorkspace work)
    {
        var text = piece.Text;
        if (text.Length == 0) return;
        if (work.Arrivals.Length <= text.Length) work.Arrivals = new Arrival[text.Length + 1];
        var arrivals = work.Arrivals.AsSpan(0, text.Length + 1);
        FindWays(text, arrivals);

        // From the end to the beginning: the cuts, with unknown neighbours joined.
        work.Symbols.Clear();
        for (var end = text.Length; end > 0;)
        {
            var (start, id) = (arrivals[end].From, arrivals[end].Id);
            if (id == unknown)
                while (start > 0 && arrivals[start].Id == unknown) start = arrivals[start].From;
            work.Symbols.Add(new Bpe.Symbol { Id = id, Start = start, End = end });
            end = start;
        }
        for (var i = work.Symbols.Count - 1; i >= 0; i--) Add(piece, work.Symbols[i], output);
    }

    void FindWays(string text, Span<Arrival> arrivals)
    {
        arrivals.Fill(new Arrival { From = -1 });
        for (int start = 0, next; start < text.Length; start = next)
        {
            Rune.DecodeFromUtf16(text.AsSpan(start), out var rune, out var length);
            next = start + length;
            var before = arrivals[start].Score;
            var alone = false;
            var node = 0;
            for (var at = start; at < text.Length && edges.TryGetValue(Edge(node, text[at]), out node);)
            {
                at++;
                if (idAt[node] < 0) continue;
                Offer(ref arrivals[at], tokens[idAt[node]].Score + before, start, idAt[node]);
                alone |= at == next;
            }
            if (alone) continue;
            Offer(ref arrivals[next], unknownScore + before, start, unknown ?? throw NoTokenFor(rune));
        }
    }

    static void Offer(ref Arrival arrival, double score, int from, int id)
    {
        if (arrival.From >= 0 && score <= arrival.Score) return;
        arrival = new Arrival { Score = score, From = from, Id = id };
    }

    void Add(AlignedText piece, Bpe.Symbol cut, EncodedTokens output)
    {
        var source = piece.Source(cut.Start, cut.End);
        if (cut.Id != unknown)
        {
            output.Add(cut.Id, source);
            return;
        }
        var text = piece.Text.AsSpan(cut.Start, cut.End - cut.Start);
        // A run that no single token begins may still be one as a whole.
        if (ids.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out var whole) && !special.Contains(whole))
        {
            output.Add(whole, source);
            return;
        }
        if (byteIds is not null)
        {
            var utf8 = new byte[Encoding.UTF8.GetByteCount(text)];
            Encoding.UTF8.GetBytes(text, utf8);
            if (Array.TrueForAll(utf8, value => byteIds[value] >= 0))
            {
                foreach (var value in utf8) output.Add(byteIds[value], source);
                return;
            }
        }
        output.Add(cut.Id, source);
    }

    void Enter(string token, int id)
    {
        var node = 0;
        foreach (var unit in token)
        {
            var edge = Edge(node, unit);
            if (!edges.TryGetValue(edge, out var next))
            {
                edges[edge] = next = idAt.Count;
                idAt.Add(-1);
            }
            node = next;
        }
        idAt[node] = id;
    }

    static long Edge(int node, char unit) => ((long)node << 16) | unit;
}
