using System.Globalization;
using System.Text;

namespace Grafting.Core.Text.Unicode;

/// <summary>
/// The four normalisation forms of Unicode, from tables of our own: the runtime's Normalize gives the text back unchanged where
/// globalisation is invariant, and so depends on a library that may not be installed.
/// </summary>
/// <remarks>
/// Unicode Standard Annex 15; Hangul by the arithmetic of the Unicode Standard, section 3.12. The tables are those of Unicode 9.0, as in
/// the crate that Hugging Face's tokenizers have used since 2019 (unicode-normalization-alignments): a character that came later is left as
/// it is.
/// </remarks>
internal sealed class NormalForm
{
    public static NormalForm C { get; } = new(compatible: false, composed: true);
    public static NormalForm D { get; } = new(compatible: false, composed: false);
    public static NormalForm KC { get; } = new(compatible: true, composed: true);
    public static NormalForm KD { get; } = new(compatible: true, composed: false);

    const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7, LCount = 19, VCount = 21, TCount = 28;
    const int SCount = LCount * VCount * TCount;

    sealed record Tables(
        Dictionary<int, (int First, int Second)> Decompositions, Dictionary<(int First, int Second), int> Compositions,
        Dictionary<int, byte> Classes, HashSet<int> Seconds);

    static readonly Lazy<Tables> tables = new(ReadTables);
    static readonly Lazy<Dictionary<int, int[]>> compatibility = new(ReadCompatible);

    readonly bool compatible, composed;

    /// <summary>The first character that the form may change, or that may change one before it.</summary>
    readonly char first;

    NormalForm(bool compatible, bool composed)
    {
        (this.compatible, this.composed) = (compatible, composed);
        first = compatible ? '\u00A0' : composed ? '\u0300' : '\u00C0';
    }

    public AlignedText Apply(AlignedText text)
    {
        if (text.Text.AsSpan().IndexOfAnyInRange(first, '\uFFFF') < 0) return text;
        if (!text.IsTracked) return new AlignedText(Apply(text.Text), null);

        // What is not put together with its neighbours is rewritten alone, so that it is known where everything came from.
        var output = new AlignedBuilder(text);
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = start;
            do
            {
                Rune.DecodeFromUtf16(text.Text.AsSpan(end), out _, out var length);
                end += length;
            }
            while (end < text.Length && !Begins(text.Text.AsSpan(end)));
            var before = text.Text[start..end];
            var after = Apply(before);
            if (after == before) output.Copy(start, end);
            else output.Replace(after, start, end);
        }
        return output.Done();
    }

    /// <summary>The form of a text.</summary>
    public string Apply(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange(first, '\uFFFF') < 0) return text;
        List<(int Value, byte Class)> characters = new(text.Length);
        foreach (var rune in text.EnumerateRunes()) Decompose(rune.Value, characters);
        OrderMarks(characters);
        if (composed) Compose(characters);
        var output = new StringBuilder(characters.Count);
        foreach (var (value, _) in characters) output.Append(new Rune(value).ToString());
        return output.ToString();
    }

    /// <summary>Whether nothing before this place can have to do with what begins here.</summary>
    bool Begins(ReadOnlySpan<char> text)
    {
        Rune.DecodeFromUtf16(text, out var rune, out _);
        List<(int Value, byte Class)> parts = [];
        Decompose(rune.Value, parts);
        var (value, mark) = parts[0];
        return mark == 0 && value is not (>= VBase and < VBase + VCount) and not (> TBase and < TBase + TCount)
            && !tables.Value.Seconds.Contains(value);
    }

    void Decompose(int value, List<(int Value, byte Class)> output)
    {
        if (compatible && compatibility.Value.TryGetValue(value, out var parts))
        {
            foreach (var part in parts) Decompose(part, output);
        }
        else if (value is >= SBase and < SBase + SCount)
        {
            var index = value - SBase;
            output.Add((LBase + index / (VCount * TCount), 0));
            output.Add((VBase + index % (VCount * TCount) / TCount, 0));
            if (index % TCount != 0) output.Add((TBase + index % TCount, 0));
        }
        else if (tables.Value.Decompositions.TryGetValue(value, out var pair))
        {
            Decompose(pair.First, output);
            if (pair.Second != 0) Decompose(pair.Second, output);
        }
        else
        {
            output.Add((value, tables.Value.Classes.GetValueOrDefault(value)));
        }
    }

    /// <summary>Sorts every run of marks by class; marks of one class keep their order.</summary>
    static void OrderMarks(List<(int Value, byte Class)> characters)
    {
        for (int start = 0, end; start < characters.Count; start = end + 1)
        {
            for (end = start; end < characters.Count && characters[end].Class != 0;) end++;
            if (end - start < 2) continue;
            var ordered = characters[start..end].OrderBy(character => character.Class).ToArray();
            for (var i = 0; i < ordered.Length; i++) characters[start + i] = ordered[i];
        }
    }

    static void Compose(List<(int Value, byte Class)> characters)
    {
        var starter = -1;
        var kept = 0;
        byte previous = 0;
        foreach (var (value, mark) in characters.ToArray())
        {
            // A mark is blocked from its starter by a mark of the same or a higher class between them.
            var adjacent = starter >= 0 && kept == starter + 1;
            if (starter >= 0 && (adjacent || previous < mark)
                && TryCompose(characters[starter].Value, value) is { } whole)
            {
                characters[starter] = (whole, 0);
                continue;
            }
            if (mark == 0) starter = kept;
            previous = mark;
            characters[kept++] = (value, mark);
        }
        characters.RemoveRange(kept, characters.Count - kept);
    }

    static int? TryCompose(int first, int second)
    {
        if (first is >= LBase and < LBase + LCount && second is >= VBase and < VBase + VCount)
            return SBase + ((first - LBase) * VCount + second - VBase) * TCount;
        if (first is >= SBase and < SBase + SCount && (first - SBase) % TCount == 0 && second is > TBase and < TBase + TCount)
            return first + second - TBase;
        return tables.Value.Compositions.TryGetValue((first, second), out var whole) ? whole : null;
    }

    static Tables ReadTables()
    {
        Tables read = new([], [], [], []);
        foreach (var line in UnicodeTable.Lines("canonical.txt"))
        {
            var fields = line.TrimEnd('!').Split(' ');
            if (line.StartsWith('@'))
            {
                var mark = byte.Parse(fields[0].AsSpan(1), CultureInfo.InvariantCulture);
                foreach (var value in fields.Skip(1).SelectMany(UnicodeTable.Range)) read.Classes[value] = mark;
                continue;
            }
            var whole = UnicodeTable.Hex(fields[0]);
            var parts = (First: UnicodeTable.Hex(fields[1]), Second: fields.Length > 2 ? UnicodeTable.Hex(fields[2]) : 0);
            read.Decompositions[whole] = parts;
            if (fields.Length <= 2 || line.EndsWith('!')) continue;
            read.Compositions[parts] = whole;
            read.Seconds.Add(parts.Second);
        }
        return read;
    }

    static Dictionary<int, int[]> ReadCompatible() => UnicodeTable.Lines("compatible.txt")
        .Select(line => Array.ConvertAll(line.Split(' '), UnicodeTable.Hex)).ToDictionary(values => values[0], values => values[1..]);
}
