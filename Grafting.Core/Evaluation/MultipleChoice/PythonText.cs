using System.Text;

namespace Grafting.Core.Evaluation.MultipleChoice;

/// <summary>Text operations with the meaning that Python gives them; prompts and lengths of the benchmarks are defined by them.</summary>
static class PythonText
{
    /// <summary><c>str.isspace</c> of one character: also the four separators of ASCII, which .NET does not count.</summary>
    public static bool IsBlank(char c) => Text.Jinja.PythonText.IsSpace(c);

    /// <summary><c>str.strip()</c>.</summary>
    public static string Strip(string text)
    {
        var start = 0;
        while (start < text.Length && IsBlank(text[start])) start++;
        return text[start..(start + StripEnd(text.AsSpan(start)))];
    }

    /// <summary>How much of the text <c>str.rstrip()</c> leaves.</summary>
    public static int StripEnd(ReadOnlySpan<char> text)
    {
        var end = text.Length;
        while (end > 0 && IsBlank(text[end - 1])) end--;
        return end;
    }

    /// <summary>
    /// <c>str.capitalize()</c>: the first letter large, all others small. Letters whose other form is two letters (ß) stay, and a final
    /// Greek sigma becomes the ordinary one.
    /// </summary>
    public static string Capitalize(string text)
    {
        if (text.Length == 0) return text;
        Rune.DecodeFromUtf16(text, out var first, out var length);
        return Rune.ToUpperInvariant(first) + text[length..].ToLowerInvariant();
    }

    /// <summary><c>len(str)</c>: Unicode characters.</summary>
    public static int Length(string text) => Text.Jinja.PythonText.Length(text);
}
