using System.Text;

namespace Grafting.Core.Text;

/// <summary>A token found in the text as it stands, before any splitting or merging.</summary>
/// <param name="SingleWord">Only where no word character touches it.</param>
/// <param name="LeftStrip">Swallows the white space before it.</param>
/// <param name="RightStrip">Swallows the white space after it.</param>
/// <param name="Normalized">Sought in the normalised text, itself normalised.</param>
/// <param name="Special">A control token: hidden on request when decoding, never read out of a user's text.</param>
internal sealed record AddedToken(
    int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special)
{
    /// <param name="id">Where it stands beside the token and not in it (tokenizer_config.json).</param>
    public static AddedToken Read(JsonAt json, int? id = null)
    {
        var content = json["content"].Text();
        if (content.Length == 0) throw json.Wrong("is an added token without content.");
        var special = json.Bool("special", false);
        return new AddedToken(
            id ?? json["id"].Int(), content, json.Bool("single_word", false), json.Bool("lstrip", false), json.Bool("rstrip", false),
            json.Bool("normalized", !special), special);
    }
}

/// <summary>Finds added tokens in a text: leftmost, then longest.</summary>
internal sealed class AddedTokenFinder
{
    sealed class Node
    {
        public readonly Dictionary<char, Node> Next = [];
        public AddedToken? Token;
    }

    readonly Node root = new();

    public AddedTokenFinder(IEnumerable<(string Spelling, AddedToken Token)> tokens)
    {
        foreach (var (spelling, token) in tokens)
        {
            var node = root;
            foreach (var character in spelling)
            {
                if (!node.Next.TryGetValue(character, out var next)) node.Next[character] = next = new Node();
                node = next;
            }
            node.Token = token;
        }
    }

    /// <summary>The text cut at its added tokens; a part is either a token or a stretch of text.</summary>
    public IEnumerable<(AddedToken? Token, int Start, int End)> Split(string text)
    {
        if (root.Next.Count == 0)
        {
            if (text.Length > 0) yield return (null, 0, text.Length);
            yield break;
        }
        var done = 0;
        for (var at = 0; at < text.Length;)
        {
            var (token, length) = Longest(text, at);
            if (token is null)
            {
                at++;
                continue;
            }
            var (start, end) = (at, at + length);
            at = end;
            if (token.SingleWord && (EndsWithWord(text.AsSpan(0, start)) || StartsWithWord(text.AsSpan(end)))) continue;
            if (token.LeftStrip)
                while (start > done && char.IsWhiteSpace(text[start - 1])) start--;
            if (token.RightStrip)
                while (end < text.Length && char.IsWhiteSpace(text[end])) end++;
            if (start > done) yield return (null, done, start);
            yield return (token, start, end);
            done = end;
        }
        if (done < text.Length) yield return (null, done, text.Length);
    }

    (AddedToken? Token, int Length) Longest(string text, int start)
    {
        var node = root;
        (AddedToken?, int) longest = (null, 0);
        for (var at = start; at < text.Length && node.Next.TryGetValue(text[at], out var next); at++)
        {
            node = next;
            if (node.Token is not null) longest = (node.Token, at + 1 - start);
        }
        return longest;
    }

    static bool StartsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out var rune, out _) == System.Buffers.OperationStatus.Done && WordCharacters.OfRegex(rune);

    static bool EndsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out var rune, out _) == System.Buffers.OperationStatus.Done && WordCharacters.OfRegex(rune);
}
