using System.Globalization;

namespace Grafting.Core.Text;

/// <summary>A token of a text, as people want to see it.</summary>
/// <param name="Token">As the vocabulary spells it.</param>
/// <param name="Start">Beginning of the stretch that it stands for, in UTF-16 units.</param>
/// <param name="Text">That stretch; empty for what was put in.</param>
public sealed record ShownToken(int Id, string Token, int Start, int End, string Text, bool Special);

/// <summary>A text beside its tokens.</summary>
public sealed record TokenizedText(string Text, IReadOnlyList<ShownToken> Tokens)
{
    /// <param name="addSpecialTokens">With the tokens around it that the tokenizer puts there.</param>
    public static TokenizedText Of(Tokenizer tokenizer, string text, bool addSpecialTokens) => new(
        text,
        [
            .. tokenizer.EncodeWithSpans(text, addSpecialTokens).Select(token => new ShownToken(
                token.Id, tokenizer.TokenOf(token.Id) ?? "", token.Start, token.End, text[token.Start..token.End],
                tokenizer.IsSpecial(token.Id))),
        ]);

    /// <summary>Ids written with spaces or commas between them, also in brackets as JSON has them.</summary>
    /// <exception cref="GraftException">A word is no id of the tokenizer.</exception>
    public static int[] ReadIds(string text, Tokenizer tokenizer)
    {
        var words = text.Trim() is ['[', .. var inner, ']'] ? inner : text;
        return [.. words.Split((char[])[' ', ',', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .Select(word => ReadId(word, tokenizer))];
    }

    static int ReadId(string word, Tokenizer tokenizer)
    {
        if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && tokenizer.TokenOf(id) is not null) return id;
        throw Fault.Usage(
            $"{Printable.Quote(word)} is no id of this tokenizer.",
            $"Ids are whole numbers below {tokenizer.VocabularySize}, with spaces or commas between them.");
    }

    /// <summary>A file as text.</summary>
    public static string ReadFile(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Fault.Input($"{file} cannot be read: {fault.Message}", "Give a text file, or the text itself.", fault);
        }
    }
}
