namespace Grafting.Core.Text;

/// <summary>What a tokenizer consists of, from whichever file it was read.</summary>
internal sealed record TokenizerParts(
    TokenTable Tokens, PieceModel Model, Normalizer? Normalizer, PreTokenizer? PreTokenizer, PostProcessor PostProcessor,
    TokenDecoder? Decoder,
    string? BeginToken, string? EndToken);

/// <summary>The tokens of a tokenizer and their ids.</summary>
/// <param name="expected">About how many there will be.</param>
internal sealed class TokenTable(int expected = 0)
{
    /// <summary>Far above any vocabulary in use; keeps a damaged id from asking for gigabytes.</summary>
    public const int HighestId = 1 << 24;

    /// <summary>The model's own tokens; those added to it stand apart, since no text may be merged into them.</summary>
    public Dictionary<string, int> Vocabulary { get; } = new(expected, StringComparer.Ordinal);

    /// <summary>Both, by id.</summary>
    public Dictionary<int, string> Names { get; } = new(expected);

    public List<AddedToken> Added { get; } = [];

    public HashSet<int> Special { get; } = [];

    readonly Dictionary<string, int> addedIds = new(StringComparer.Ordinal);

    public int? IdOf(string token) => addedIds.TryGetValue(token, out var id) || Vocabulary.TryGetValue(token, out id) ? id : null;

    /// <param name="wrong">Makes an error of a complaint about the place that the token was read from.</param>
    public void Add(AddedToken token, Func<string, string?, GraftException> wrong)
    {
        if (!addedIds.TryAdd(token.Content, token.Id)) throw wrong($"adds the token \"{token.Content}\" a second time.", null);
        if (token.Id is < 0 or > HighestId) throw wrong($"has the id {token.Id}; it must be between 0 and {HighestId}.", null);
        if (Vocabulary.TryGetValue(token.Content, out var known) && known != token.Id)
            throw wrong($"gives \"{token.Content}\" the id {token.Id}, but the vocabulary gives it {known}.", null);
        if (Names.TryGetValue(token.Id, out var name) && name != token.Content)
            throw wrong($"gives the id {token.Id} to \"{token.Content}\", but it belongs to \"{name}\".", null);
        Names[token.Id] = token.Content;
        Added.Add(token);
        if (token.Special) Special.Add(token.Id);
    }
}
