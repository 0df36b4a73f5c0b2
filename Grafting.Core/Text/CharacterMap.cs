using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Grafting.Core.Text;

/// <summary>
/// SentencePiece's table of replacements, as a tokenizer carries it: a double-array trie over UTF-8 whose leaves point into a list of
/// texts.
/// </summary>
/// <remarks>
/// Hugging Face (the <c>Precompiled</c> normaliser) does not ask it as SentencePiece does: a grapheme of fewer than six bytes is replaced
/// as a whole by what its shortest known beginning stands for, and only then is each character looked up alone.
/// Unit of the trie (darts-clone): 8 bits of label, a leaf flag at bit 8, an offset from bit 10, its shift at bit 9.
/// </remarks>
internal sealed class CharacterMap
{
    const int LongestGrapheme = 5;

    readonly uint[] units;
    readonly byte[] texts;

    CharacterMap(uint[] units, byte[] texts) => (this.units, this.texts) = (units, texts);

    /// <returns>Null where the bytes are no such table.</returns>
    public static CharacterMap? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 4) return null;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (length % 4 != 0 || length == 0 || length > bytes.Length - 4) return null;
        var units = new uint[length / 4];
        for (var i = 0; i < units.Length; i++) units[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 + 4 * i)..]);
        return new CharacterMap(units, bytes[(4 + (int)length)..].ToArray());
    }

    /// <summary>Replaces as Hugging Face does.</summary>
    public AlignedText Apply(AlignedText text)
    {
        var output = new AlignedBuilder(text);
        var changed = false;
        var characters = text.Text.AsSpan();
        for (int start = 0, end; start < characters.Length; start = end)
        {
            end = start + StringInfo.GetNextTextElementLength(characters[start..]);
            if (Encoding.UTF8.GetByteCount(characters[start..end]) <= LongestGrapheme && Find(characters[start..end]) is { } whole)
            {
                output.Replace(whole, start, end);
                changed = true;
                continue;
            }
            for (int at = start, next; at < end; at = next)
            {
                Rune.DecodeFromUtf16(characters[at..end], out _, out var length);
                next = at + length;
                if (Find(characters[at..next]) is { } single)
                {
                    output.Replace(single, at, next);
                    changed = true;
                }
                else
                {
                    output.Copy(at, next);
                }
            }
        }
        return changed ? output.Done() : text;
    }

    /// <summary>What the shortest known beginning of a text stands for, or null.</summary>
    string? Find(ReadOnlySpan<char> text)
    {
        Span<byte> utf8 = stackalloc byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        utf8 = utf8[..Encoding.UTF8.GetBytes(text, utf8)];
        var node = Offset(units[0]);
        foreach (var value in utf8)
        {
            if (!TryStep(ref node, value, out var leaf)) return null;
            if (leaf >= 0) return TextAt(leaf);
        }
        return null;
    }

    /// <summary>What the longest known beginning of a text stands for, as SentencePiece asks; false where none is known.</summary>
    /// <param name="length">Length of that beginning.</param>
    public bool TryLongest(ReadOnlySpan<char> text, out string by, out int length)
    {
        (by, length) = ("", 0);
        var found = -1;
        var node = Offset(units[0]);
        Span<byte> utf8 = stackalloc byte[4];
        for (var at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text[at..], out var rune, out var units16);
            at += units16;
            var leaf = -1;
            foreach (var value in utf8[..rune.EncodeToUtf8(utf8)])
            {
                if (TryStep(ref node, value, out leaf)) continue;
                at = text.Length;
                break;
            }
            if (leaf >= 0) (found, length) = (leaf, at);
        }
        if (found >= 0) by = TextAt(found);
        return found >= 0;
    }

    /// <summary>Goes from a node of the trie to the next one.</summary>
    /// <param name="leaf">Where the text stands that what was gone through stands for; −1 for none.</param>
    bool TryStep(ref uint node, byte value, out int leaf)
    {
        leaf = -1;
        if (value == 0) return false;
        node ^= value;
        if (node >= (uint)units.Length) return false;
        var unit = units[node];
        if ((unit & 0x800000FF) != value) return false;
        // Where children begin may lie behind the end, though they do not: only a leaf stands there itself.
        node ^= Offset(unit);
        if ((unit >> 8 & 1) == 1 && node < (uint)units.Length) leaf = (int)(units[node] & 0x7FFFFFFF);
        return true;
    }

    static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);

    string TextAt(int start)
    {
        if (start >= texts.Length) return "";
        var rest = texts.AsSpan(start);
        var end = rest.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
    }
}
