using System.Runtime.CompilerServices;
using Grafting.Core.Text.Jinja;

namespace Grafting.Core.Text.Templates;

/// <summary>Finds the special tokens that a template wrote: those of the tokenizer whose every character is the template's.</summary>
internal sealed class SpecialTokenFinder
{
    static readonly ConditionalWeakTable<Tokenizer, SpecialTokenFinder> s_known = [];

    /// <summary>By first character, the longest first.</summary>
    readonly Dictionary<char, (string Text, int Id)[]> _tokens;

    SpecialTokenFinder(Tokenizer tokenizer)
    {
        _tokens = Enumerable.Range(0, tokenizer.VocabularySize)
            .Where(tokenizer.IsSpecial)
            .Select(id => (Text: tokenizer.TokenOf(id)!, Id: id))
            .Where(token => token.Text.Length > 0)
            .GroupBy(token => token.Text[0])
            .ToDictionary(group => group.Key, group => group.OrderByDescending(token => token.Text.Length).ToArray());
    }

    public static SpecialTokenFinder Of(Tokenizer tokenizer) => s_known.GetValue(tokenizer, known => new SpecialTokenFinder(known));

    public List<(int Start, int End, int Id)> Find(JinjaString text)
    {
        List<(int, int, int)> found = [];
        var (start, runs) = (0, text.Runs);
        if (runs.Count == 0) Find(text.Value, 0, text.Value.Length, found);
        // Neighbouring runs may both be the template's: inside of a generation block and outside.
        for (var i = 0; i < runs.Count; i++)
        {
            if (runs[i].Origin.Source == 0 && i + 1 < runs.Count && runs[i + 1].Origin.Source == 0) continue;
            if (runs[i].Origin.Source == 0) Find(text.Value, start, runs[i].End, found);
            start = runs[i].End;
        }
        return found;
    }

    /// <summary>Whether a text has the name of a special token in it, whoever wrote it.</summary>
    public bool IsIn(string text)
    {
        List<(int, int, int)> found = [];
        Find(text, 0, text.Length, found);
        return found.Count > 0;
    }

    void Find(string text, int start, int end, List<(int, int, int)> found)
    {
        for (var at = start; at < end; at++)
        {
            if (!_tokens.TryGetValue(text[at], out var candidates)) continue;
            foreach (var (name, id) in candidates)
            {
                if (at + name.Length > end || string.CompareOrdinal(text, at, name, 0, name.Length) != 0) continue;
                found.Add((at, at + name.Length, id));
                at += name.Length - 1;
                break;
            }
        }
    }
}
