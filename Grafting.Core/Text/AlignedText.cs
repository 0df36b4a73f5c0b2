using System.Text;

namespace Grafting.Core.Text;

/// <summary>A stretch of a text in UTF-16 units; empty for what was put in and stands for nothing.</summary>
public readonly record struct TextSpan(int Start, int End);

/// <summary>
/// A text on its way through normalisers and splitters, which knows where each of its characters came from if anybody wants to know.
/// </summary>
/// <param name="Sources">For each UTF-16 unit the stretch of the original text; null where it is not tracked, which is faster.</param>
internal readonly record struct AlignedText(string Text, TextSpan[]? Sources)
{
    /// <summary>A stretch of the original.</summary>
    public static AlignedText Of(string text, int start, int end, bool tracked)
    {
        var part = start == 0 && end == text.Length ? text : text[start..end];
        if (!tracked) return new AlignedText(part, null);
        var sources = new TextSpan[end - start];
        for (var at = start; at < end;)
        {
            Rune.DecodeFromUtf16(text.AsSpan(at, end - at), out _, out var length);
            sources.AsSpan(at - start, length).Fill(new TextSpan(at, at + length));
            at += length;
        }
        return new AlignedText(part, sources);
    }

    public bool IsTracked => Sources is not null;

    public int Length => Text.Length;

    public AlignedText Slice(int start, int end) =>
        start == 0 && end == Text.Length ? this : new AlignedText(Text[start..end], Sources?[start..end]);

    /// <summary>The stretch of the original that a part of this text stands for.</summary>
    public TextSpan Source(int start, int end) =>
        Sources is not { Length: > 0 } known ? default
        : start == end ? new TextSpan(PlaceOf(start), PlaceOf(start))
        : new TextSpan(known[start].Start, known[end - 1].End);

    int PlaceOf(int at) => at < Sources!.Length ? Sources[at].Start : Sources[^1].End;
}

/// <summary>Rewrites a text from left to right, keeping track of where everything came from.</summary>
internal sealed class AlignedBuilder(AlignedText from)
{
    readonly StringBuilder _text = new(from.Text.Length + 16);
    readonly List<TextSpan>? _sources = from.IsTracked ? new List<TextSpan>(from.Text.Length + 16) : null;

    /// <summary>Takes a stretch over as it is.</summary>
    public void Copy(int start, int end)
    {
        _text.Append(from.Text, start, end - start);
        _sources?.AddRange(from.Sources.AsSpan(start, end - start));
    }

    /// <summary>Writes a text in place of a stretch; an empty stretch for what is put in between.</summary>
    public void Replace(ReadOnlySpan<char> by, int start, int end)
    {
        _text.Append(by);
        if (_sources is null) return;
        var source = from.Source(start, end);
        for (var i = 0; i < by.Length; i++) _sources.Add(source);
    }

    /// <summary>Takes a character off the end as often as it stands there.</summary>
    public void TrimEnd(char mark)
    {
        var length = _text.Length;
        while (length > 0 && _text[length - 1] == mark) length--;
        _text.Length = length;
        _sources?.RemoveRange(length, _sources.Count - length);
    }

    public AlignedText Done() => new(_text.ToString(), _sources?.ToArray());
}
