using System.Numerics;
using System.Runtime.CompilerServices;

namespace Grafting.Core.Text;

/// <summary>Rank of a merge (lower is earlier) and the id it gives.</summary>
internal readonly record struct Merge(int Rank, int Id)
{
    /// <summary>What two neighbours become that no merge puts together.</summary>
    public static Merge None { get; } = new(int.MaxValue, -1);
}

/// <summary>What pairs of ids become. Looking them up is most of the work of encoding, hence a flat table with open addressing.</summary>
internal sealed class MergeTable
{
    struct Slot
    {
        /// <summary>The left id above the right one; 0 in a free slot, so that all ids stand one higher.</summary>
        public ulong Pair;
        public Merge Merge;
    }

    Slot[] slots;
    int shift;

    /// <param name="expected">How many merges will come; more are no harm.</param>
    public MergeTable(int expected = 0) => (slots, shift) = Room(expected);

    public int Count { get; private set; }

    public Merge this[int left, int right]
    {
        get
        {
            var slot = slots[Find(left, right)];
            return slot.Pair == 0 ? Merge.None : slot.Merge;
        }

        set
        {
            var at = Find(left, right);
            if (slots[at].Pair == 0 && 3 * ++Count > 2 * slots.Length)
            {
                Grow();
                at = Find(left, right);
            }
            slots[at] = new Slot { Pair = Pair(left, right), Merge = value };
        }
    }

    static ulong Pair(int left, int right) => ((ulong)(uint)(left + 1) << 32) | (uint)(right + 1);

    static (Slot[], int) Room(int count)
    {
        var bits = Math.Max(4, BitOperations.Log2((uint)(count + count / 2)) + 1);
        return (new Slot[1 << bits], 64 - bits);
    }

    void Grow()
    {
        var old = slots;
        (slots, shift) = Room(old.Length);
        foreach (var slot in old)
            if (slot.Pair != 0) slots[Find((int)(slot.Pair >> 32) - 1, (int)(uint)slot.Pair - 1)] = slot;
    }

    /// <summary>The slot of a pair, or the free one where it belongs.</summary>
    int Find(int left, int right)
    {
        var pair = Pair(left, right);
        // Fibonacci hashing: the upper bits of the product depend on all bits of the pair.
        var at = (int)(pair * 0x9E3779B97F4A7C15 >> shift);
        while (slots[at].Pair != pair && slots[at].Pair != 0) at = (at + 1) & (slots.Length - 1);
        return at;
    }
}

/// <summary>Enters merges in the order in which a file lists them.</summary>
/// <param name="prefixLength">Length of the mark before a right half that the whole does not have (continuing_subword_prefix).</param>
internal sealed class MergeList(Dictionary<string, int> vocabulary, int prefixLength, int expected)
{
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
    char[] whole = new char[64];
    int rank;

    public MergeTable Table { get; } = new(expected);

    /// <returns>False where a half or the whole is not in the vocabulary.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryAdd(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        if (!lookup.TryGetValue(left, out var leftId) || !lookup.TryGetValue(right, out var rightId) || right.Length < prefixLength)
            return false;
        var length = left.Length + right.Length - prefixLength;
        if (whole.Length < length) whole = new char[2 * length];
        left.CopyTo(whole);
        right[prefixLength..].CopyTo(whole.AsSpan(left.Length));
        if (!lookup.TryGetValue(whole.AsSpan(0, length), out var wholeId)) return false;
        Table[leftId, rightId] = new Merge(rank++, wholeId);
        return true;
    }
}
