using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Grafting.Core.Text;

/// <summary>
/// SentencePiece's table of replacements, as a tokenizer carries it: a double-array trie over UTF-8 whose leaves point into a list of texts.
/// </summary>
/// <remarks>
/// It is asked as Hugging Face asks it (the <c>Precompiled</c> normaliser), which is not how SentencePiece does: a grapheme of fewer than
/// six bytes is replaced as a whole by what its shortest known beginning stands for, and only then is each character looked up alone.
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
        var at = Offset(units[0]);
        foreach (var value in utf8)
        {
            if (value == 0) return null;
            at ^= value;
            if (at >= (uint)units.Length) return null;
            var unit = units[at];
            if ((unit & 0x800000FF) != value) return null;
            // Where children begin may lie behind the end, though they do not: only a leaf stands there itself.
            at ^= Offset(unit);
            if ((unit >> 8 & 1) == 1) return at < (uint)units.Length ? TextAt((int)(units[at] & 0x7FFFFFFF)) : null;
        }
        return null;
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
