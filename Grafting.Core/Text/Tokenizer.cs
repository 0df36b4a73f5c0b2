namespace Grafting.Core.Text;

/// <summary>
/// A byte-pair tokenizer read from Hugging Face's <c>tokenizer.json</c>: the byte-level family (GPT-2, Llama 3, Qwen2) and the
/// SentencePiece-style one (Llama 2). Immutable; may be used from several threads.
/// </summary>
/// <remarks>
/// Two differences from the Rust original, both on purpose: a character that the vocabulary lacks is an error where no unknown token is
/// named (the original drops it), and the clean-up of spaces that tokenizer_config.json may ask for is never done, so that decoding
/// gives back the text.
/// </remarks>
public sealed class Tokenizer
{
    readonly TokenizerParts parts;
    readonly Dictionary<string, int> addedIds;
    readonly AddedTokenFinder verbatim, verbatimOrdinary, normalized, normalizedOrdinary;

    Tokenizer(TokenizerParts parts)
    {
        this.parts = parts;
        VocabularySize = parts.Names.Keys.DefaultIfEmpty(-1).Max() + 1;
        addedIds = parts.Added.ToDictionary(token => token.Content, token => token.Id, StringComparer.Ordinal);

        (string, AddedToken) Spelled(AddedToken token) =>
            (token.Normalized && parts.Normalizer is { } rules ? rules.Apply(token.Content, default) : token.Content, token);
        AddedTokenFinder Finder(bool normalized, bool withSpecial) =>
            new(parts.Added.Where(token => token.Normalized == normalized && (withSpecial || !token.Special)).Select(Spelled));
        verbatim = Finder(normalized: false, withSpecial: true);
        verbatimOrdinary = Finder(normalized: false, withSpecial: false);
        normalized = Finder(normalized: true, withSpecial: true);
        normalizedOrdinary = Finder(normalized: true, withSpecial: false);
    }

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="folderOrFile">A checkpoint folder with <c>tokenizer.json</c>, or such a file; tokenizer_config.json beside it is
    /// read for the begin and end tokens.</param>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>: absent, malformed, or of a kind that is not known.</exception>
    public static Tokenizer Load(string folderOrFile)
    {
        var file = Directory.Exists(folderOrFile) ? Path.Combine(folderOrFile, "tokenizer.json") : folderOrFile;
        if (!File.Exists(file))
            throw Fault.Input($"{file} does not exist.", "The folder of a checkpoint holds its tokenizer as tokenizer.json.");
        return new Tokenizer(TokenizerReader.Read(file));
    }

    /// <summary>One more than the highest id: the rows that an embedding must have.</summary>
    public int VocabularySize { get; }

    /// <summary>The token that opens a text (<c>bos_token</c>), where one is named.</summary>
    public int? BeginId => parts.BeginToken is { } token ? IdOf(token) : null;

    /// <summary>The token that ends a text (<c>eos_token</c>), where one is named.</summary>
    public int? EndId => parts.EndToken is { } token ? IdOf(token) : null;

    public int? IdOf(string token) => addedIds.TryGetValue(token, out var id) || parts.Vocabulary.TryGetValue(token, out id) ? id : null;

    /// <summary>The token as the vocabulary spells it (byte-level tokens in their byte alphabet), or null for an id without one.</summary>
    public string? TokenOf(int id) => parts.Names.GetValueOrDefault(id);

    public bool IsSpecial(int id) => parts.Special.Contains(id);

    /// <summary>The ids of a text. Special tokens written out in it are recognised; see <see cref="EncodeSegment"/> for untrusted text.</summary>
    /// <param name="addSpecialTokens">Puts the tokens around it that the tokenizer's post-processor asks for (usually the begin token).</param>
    public int[] Encode(string text, bool addSpecialTokens = true)
    {
        List<int> output = [];
        if (addSpecialTokens) output.AddRange(parts.PostProcessor.Before);
        Encode(text, verbatim, normalized, continuation: false, output);
        if (addSpecialTokens) output.AddRange(parts.PostProcessor.After);
        return [.. output];
    }

    /// <summary>
    /// The ids of a stretch of a larger sequence. The names of special tokens in it are ordinary text, and nothing is put around it.
    /// </summary>
    /// <param name="continuation">It goes on where other text ended: no dummy space is put in front (SentencePiece-style tokenizers).</param>
    public int[] EncodeSegment(string text, bool continuation)
    {
        List<int> output = [];
        Encode(text, verbatimOrdinary, normalizedOrdinary, continuation, output);
        return [.. output];
    }

    void Encode(string text, AddedTokenFinder first, AddedTokenFinder second, bool continuation, List<int> output)
    {
        var work = new Bpe.Workspace();
        List<string> pieces = [];
        foreach (var (token, start, end) in first.Split(text))
        {
            if (token is not null)
            {
                output.Add(token.Id);
                continue;
            }
            var place = new Place(AtStart: start == 0, Continuation: continuation && start == 0);
            var part = parts.Normalizer is null ? text[start..end] : parts.Normalizer.Apply(text[start..end], place);
            foreach (var (inner, innerStart, innerEnd) in second.Split(part))
            {
                if (inner is not null)
                {
                    output.Add(inner.Id);
                    continue;
                }
                var innerPlace = innerStart == 0 ? place : default;
                pieces.Clear();
                if (parts.PreTokenizer is null) pieces.Add(part[innerStart..innerEnd]);
                else parts.PreTokenizer.Split(part[innerStart..innerEnd], innerPlace, pieces);
                foreach (var piece in pieces) parts.Model.Encode(piece, output, work);
            }
        }
    }

    /// <summary>The text of a sequence of ids. Bytes that are not UTF-8 become U+FFFD; ids without a token are left out.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        List<string> list = new(ids.Length);
        foreach (var id in ids)
            if (TokenOf(id) is { } token && !(skipSpecialTokens && IsSpecial(id))) list.Add(token);
        return parts.Decoder is { } decoder ? string.Concat(decoder.Apply(list)) : string.Join(' ', list);
    }
}
