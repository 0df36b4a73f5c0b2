using System.Buffers.Binary;
using System.Text;

namespace Grafting.Tests.Text;

/// <summary>Builds SentencePiece's tables of replacements, the simplest way that gives a valid double array.</summary>
static class CharacterMaps
{
    public static byte[] Small() =>
        Build(("ﬁ", "fi"), ("\t", " "), ("\u3000", " "), ("é", "E"), ("e\u0301", "é"), ("𝐀", "A"), ("\u200B", ""), ("q", "Q"));

    public static byte[] Build(params (string From, string To)[] rules)
    {
        List<byte> texts = [];
        Node root = new();
        foreach (var (from, to) in rules)
        {
            var node = root;
            foreach (var value in Encoding.UTF8.GetBytes(from))
            {
                if (!node.Next.TryGetValue(value, out var next)) node.Next[value] = next = new Node();
                node = next;
            }
            node.Text = texts.Count;
            texts.AddRange(Encoding.UTF8.GetBytes(to));
            texts.Add(0);
        }
        SortedDictionary<int, uint> units = new() { [0] = 0 };
        Place(root, 0, 0, units);
        var count = units.Keys.Max() + 1;
        var bytes = new byte[4 + 4 * count + texts.Count];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, 4 * count);
        foreach (var (at, unit) in units) BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 + 4 * at), unit);
        texts.CopyTo(bytes, 4 + 4 * count);
        return bytes;
    }

    sealed class Node
    {
        public SortedDictionary<byte, Node> Next { get; } = [];

        public int? Text { get; set; }
    }

    /// <summary>Children of a node stand at its place, its offset and their byte, all three combined by exclusive or.</summary>
    static void Place(Node node, int at, byte label, SortedDictionary<int, uint> units)
    {
        byte[] taken = [.. node.Text is null ? (byte[])[] : [0], .. node.Next.Keys];
        var offset = 1;
        while (taken.Any(value => (at ^ offset ^ value) == 0 || units.ContainsKey(at ^ offset ^ value))) offset++;
        var below = at ^ offset;
        foreach (var value in taken) units[below ^ value] = 0;
        units[at] = (uint)offset << 10 | (node.Text is null ? 0u : 1u << 8) | label;
        if (node.Text is { } text) units[below] = (uint)text | 1u << 31;
        foreach (var (value, next) in node.Next)
            if (next.Next.Count > 0 || next.Text is not null) Place(next, below ^ value, value, units);
    }
}
