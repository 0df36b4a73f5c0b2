using System.Text;

namespace Grafting.Core.Text;

/// <summary>
/// The reversible alphabet of the byte-level tokenizers: every byte has one printable character. Printable Latin-1 bytes stand for
/// themselves, the other 68 are numbered upwards from U+0100 (GPT-2, <c>bytes_to_unicode</c>).
/// </summary>
public static class ByteAlphabet
{
    static readonly char[] characters = new char[256];
    static readonly short[] bytes = new short[256 + 68];

    static ByteAlphabet()
    {
        Array.Fill(bytes, (short)-1);
        var next = 256;
        for (var value = 0; value < 256; value++)
        {
            var printable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            var character = printable ? value : next++;
            characters[value] = (char)character;
            bytes[character] = (short)value;
        }
    }

    /// <summary>The character that stands for a byte.</summary>
    public static char Of(byte value) => characters[value];

    /// <summary>The UTF-8 bytes of a text, one character each.</summary>
    public static string Spell(ReadOnlySpan<char> text)
    {
        var utf8 = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, utf8);
        return string.Create(utf8.Length, utf8, static (spelled, utf8) =>
        {
            for (var i = 0; i < utf8.Length; i++) spelled[i] = characters[utf8[i]];
        });
    }

    /// <summary>The same of a part of a text, keeping track of where every byte came from.</summary>
    internal static AlignedText Spell(AlignedText text, int start, int end)
    {
        var spelled = Spell(text.Text.AsSpan(start, end - start));
        if (!text.IsTracked) return new AlignedText(spelled, null);
        List<TextSpan> sources = new(spelled.Length);
        for (int at = start, next; at < end; at = next)
        {
            Rune.DecodeFromUtf16(text.Text.AsSpan(at, end - at), out var rune, out var length);
            next = at + length;
            for (var count = rune.Utf8SequenceLength; count > 0; count--) sources.Add(text.Source(at, next));
        }
        return new AlignedText(spelled, [.. sources]);
    }

    /// <summary>
    /// Appends the bytes that a token spells; a token with a character outside the alphabet (an added one) stands for its own text.
    /// </summary>
    public static void Read(string token, List<byte> output)
    {
        var start = output.Count;
        foreach (var character in token)
        {
            var value = character < bytes.Length ? bytes[character] : -1;
            if (value < 0)
            {
                output.RemoveRange(start, output.Count - start);
                output.AddRange(Encoding.UTF8.GetBytes(token));
                return;
            }
            output.Add((byte)value);
        }
    }
}
