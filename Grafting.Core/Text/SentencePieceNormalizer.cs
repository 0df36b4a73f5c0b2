using System.Text;

namespace Grafting.Core.Text;

/// <summary>
/// What SentencePiece does to a text before it cuts it: replaces by its table, makes spaces visible, puts a dummy space in front, and
/// takes out spaces that say nothing.
/// </summary>
/// <remarks>
/// google/sentencepiece, src/normalizer.cc. Hugging Face's conversion to tokenizer.json differs: it asks the table by graphemes (see
/// <see cref="CharacterMap.Apply"/>) and strips every kind of white space at the end.
/// </remarks>
/// <param name="map">The table of replacements; null for none.</param>
/// <param name="removesExtraSpaces">Spaces at both ends go, and of several in a row one stays.</param>
internal sealed class SentencePieceNormalizer(CharacterMap? map, bool removesExtraSpaces, MetaspacePrefix prefix) : Normalizer
{
    public const char Space = '▁';

    public override AlignedText Apply(AlignedText text, Place place)
    {
        var output = new AlignedBuilder(text);
        var start = 0;
        // What goes on where other text ended may well begin with a space.
        var afterSpace = removesExtraSpaces && !place.Continuation;
        while (afterSpace && start < text.Length && Next(text.Text, start, out var length) is " ") start += length;
        if (start == text.Length) return output.Done();

        if (!place.Continuation && WantsPrefix(text.Text, start, place)) output.Replace([Space], start, start);
        for (int at = start, length; at < text.Length; at += length)
        {
            var by = Next(text.Text, at, out length);
            if (by is null)
            {
                output.Copy(at, at + length);
                afterSpace = false;
                continue;
            }
            if (afterSpace) by = by.TrimStart(' ');
            if (by.Length == 0) continue;
            output.Replace(by.Replace(' ', Space), at, at + length);
            afterSpace = removesExtraSpaces && by[^1] == ' ';
        }
        if (removesExtraSpaces) output.TrimEnd(Space);
        return output.Done();
    }

    /// <summary>Not twice where it stands only at the start: so do the tokenizers that are told not to behave as of old.</summary>
    bool WantsPrefix(string text, int start, Place place) => prefix switch
    {
        MetaspacePrefix.Always => true,
        MetaspacePrefix.First => place.AtStart && text[start] is not (' ' or Space),
        _ => false,
    };

    /// <summary>What stands for the longest beginning that the table knows; null where the next character stays as it is.</summary>
    string? Next(string text, int at, out int length)
    {
        if (map is not null && map.TryLongest(text.AsSpan(at), out var by, out length)) return by;
        Rune.DecodeFromUtf16(text.AsSpan(at), out _, out length);
        return text[at] == ' ' ? " " : null;
    }
}
