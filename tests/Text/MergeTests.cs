using Grafting.Core.Text;

namespace Grafting.Tests.Text;

/// <summary>The table and the queue behind byte-pair merging.</summary>
public class MergeTests
{
    [Test]
    public void A_table_finds_what_was_entered_last_however_it_grew()
    {
        MergeTable table = new();
        Dictionary<(int, int), Merge> expected = [];
        var random = new Random(73);
        for (var i = 0; i < 20_000; i++)
        {
            var pair = (random.Next(300), random.Next(300));
            table[pair.Item1, pair.Item2] = expected[pair] = new Merge(i, random.Next(1000));
        }
        Assert.That(table.Count, Is.EqualTo(expected.Count));
        for (var left = 0; left < 300; left++)
            for (var right = 0; right < 300; right++)
                Assert.That(table[left, right], Is.EqualTo(expected.GetValueOrDefault((left, right), Merge.None)));
    }

    [Test]
    public void A_queue_gives_the_lowest_rank_first_and_the_leftmost_among_equals()
    {
        var random = new Random(74);
        for (var round = 0; round < 300; round++)
        {
            MergeQueue queue = new();
            PriorityQueue<(int Rank, int At), (int, int)> expected = new();
            for (var count = random.Next(200); count > 0; count--)
            {
                var (rank, at) = (random.Next(40), random.Next(1000));
                queue.Append(rank, at);
                expected.Enqueue((rank, at), (rank, at));
            }
            queue.Order();
            while (expected.TryDequeue(out var entry, out _))
            {
                Assert.That(queue.TryTake(out var rank, out var at), Is.True);
                Assert.That((rank, at), Is.EqualTo(entry));
                if (random.Next(3) > 0) continue;
                queue.Add(entry.Rank + 1, at);
                expected.Enqueue((entry.Rank + 1, at), (entry.Rank + 1, at));
                if (entry.Rank > 60) break;
            }
            if (expected.Count == 0) Assert.That(queue.TryTake(out _, out _), Is.False);
        }
    }

    /// <summary>Whole texts are one piece here; they are cut before spaces only where no token holds what stands before.</summary>
    [Test]
    public void No_cut_is_made_where_a_token_goes_across_a_space()
    {
        var plain = TinyTokenizer.Load(TinyTokenizer.SentencePiece("▁ab.", ["▁ ▁", "a b", "▁▁ ▁▁"]));
        Assert.That(Spelled(plain, "ab  ab.    b"), Is.EqualTo(new[] { "▁", "ab", "▁▁", "ab", ".", "▁▁▁▁", "b" }));
        var across = TinyTokenizer.Load(TinyTokenizer.SentencePiece("▁ab.", ["▁ ▁", "a b", "▁▁ ▁▁", ". ▁", ".▁ a"]));
        Assert.That(Spelled(across, "ab. ab. ba  b"), Is.EqualTo(new[] { "▁", "ab", ".▁", "ab", ".▁", "b", "a", "▁▁", "b" }));
    }

    static IEnumerable<string?> Spelled(Tokenizer tokenizer, string text) =>
        tokenizer.Encode(text, addSpecialTokens: false).Select(tokenizer.TokenOf);
}
