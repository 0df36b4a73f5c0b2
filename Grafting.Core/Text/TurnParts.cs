using System.Text;

namespace Grafting.Core.Text;

/// <summary>Takes a turn apart into texts and, as null, the places of pictures.</summary>
internal static class TurnParts
{
    /// <param name="imagePrompt">What leads from the picture to the question; only for a turn with exactly one picture.</param>
    public static IReadOnlyList<string?> Of(Turn turn, string? imagePrompt)
    {
        if (turn.Pictures == 0) return [turn.Text];
        if (turn.Pictures > 1) return InPlace(turn.Text);
        var question = WithoutMark(turn.Text);
        if (imagePrompt is null) return [null, question];
        return question.Length == 0 ? [$"{imagePrompt} ", null] : [$"{imagePrompt} ", null, $", {LowerFirst(question)}"];
    }

    static List<string?> InPlace(string text)
    {
        var parts = new List<string?>();
        foreach (var (i, piece) in text.Trim().Split(Turn.ImageMark).Index())
        {
            if (i > 0) parts.Add(null);
            var rest = i > 0 && piece.StartsWith('\n') ? piece[1..] : piece;
            if (rest.Length > 0) parts.Add(rest);
        }
        return parts;
    }

    static string WithoutMark(string text)
    {
        var at = text.IndexOf(Turn.ImageMark, StringComparison.Ordinal);
        var (before, after) = (text[..at], text[(at + Turn.ImageMark.Length)..]);
        if (after.StartsWith('\n')) after = after[1..];
        else if (before.EndsWith('\n')) before = before[..^1];
        return (before + after).Trim();
    }

    static string LowerFirst(string text) => Rune.DecodeFromUtf16(text, out var first, out var used) == System.Buffers.OperationStatus.Done
        ? Rune.ToLowerInvariant(first) + text[used..]
        : text;
}
