using System.Collections.Concurrent;

namespace Grafting.Core.Text;

/// <summary>A token, and the stretch of the text that it stands for, in UTF-16 units.</summary>
public readonly record struct TokenSpan(int Id, int Start, int End);

/// <summary>
/// A tokenizer read from Hugging Face's <c>tokenizer.json</c>, from SentencePiece's <c>tokenizer.model</c> or from a tiktoken file:
/// byte-level byte pairs (GPT-2, Llama 3, Qwen2), byte pairs with fallback to bytes (Llama 2, Gemma), and unigram models (T5).
/// May be used from several threads.
/// </summary>
/// <remarks>
/// Differences from the Rust original, on purpose: an added token that is sought in the normalised text is decoded as it is written (so
/// did the original until 0.22; since 0.23 it gives the normalised spelling, and does not know special ones among them any more); a
/// character that the vocabulary lacks is an error where no unknown token is named (the original drops it); the clean-up of spaces that
/// tokenizer_config.json may ask for is never done, so that decoding gives back the text; a dummy space stands for an empty stretch of the
/// text, not for the character behind it, and what replaces characters for all of them. Beyond our reach: the runtime knows no letters and
/// no cases that Unicode gained after its own version, nor newer rules of what one visible character is (only tables of replacements ask
/// for that).
/// </remarks>
public sealed class Tokenizer
{
    readonly TokenizerParts parts;
    /// <summary>A longer text may have needed much memory, which is given back.</summary>
    const int LongestRemembered = 1 << 20;

    readonly ConcurrentBag<PieceWorkspace> idle = [];
    readonly AddedTokenFinder verbatim, verbatimOrdinary, normalized, normalizedOrdinary;

    Tokenizer(TokenizerParts parts)
    {
        this.parts = parts;
        VocabularySize = parts.Tokens.Names.Keys.DefaultIfEmpty(-1).Max() + 1;

        (string, AddedToken) Spelled(AddedToken token) =>
            (
                token.Normalized && parts.Normalizer is { } rules
                    ? rules.Apply(new AlignedText(token.Content, null), default).Text
                    : token.Content,
                token);
        AddedTokenFinder Finder(bool normalized, bool withSpecial) =>
            new(parts.Tokens.Added.Where(token => token.Normalized == normalized && (withSpecial || !token.Special)).Select(Spelled));
        verbatim = Finder(normalized: false, withSpecial: true);
        verbatimOrdinary = Finder(normalized: false, withSpecial: false);
        normalized = Finder(normalized: true, withSpecial: true);
        normalizedOrdinary = Finder(normalized: true, withSpecial: false);
    }

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="folderOrFile">A checkpoint folder, of which <c>tokenizer.json</c> is taken, else <c>tokenizer.model</c> or
    /// <c>spiece.model</c>, else its <c>*.tiktoken</c>, else <c>vocab.json</c> with <c>merges.txt</c>; or such a file.
    /// tokenizer_config.json beside it is read for the begin and end tokens, and for what the other kinds do not hold.</param>
    /// <exception cref="GraftException">
    /// Of kind <see cref="ErrorKind.Input"/>: absent, malformed, or of a kind that is not known.
    /// </exception>
    public static Tokenizer Load(string folderOrFile) => new(TokenizerFile.Read(folderOrFile));

    /// <summary>One more than the highest id: the rows that an embedding must have.</summary>
    public int VocabularySize { get; }

    /// <summary>The token that opens a text (<c>bos_token</c>), where one is named.</summary>
    public int? BeginId => parts.BeginToken is { } token ? IdOf(token) : null;

    /// <summary>The token that ends a text (<c>eos_token</c>), where one is named.</summary>
    public int? EndId => parts.EndToken is { } token ? IdOf(token) : null;

    public int? IdOf(string token) => parts.Tokens.IdOf(token);

    /// <summary>The token as the vocabulary spells it (byte-level tokens in their byte alphabet), or null for an id without one.</summary>
    public string? TokenOf(int id) => parts.Tokens.Names.GetValueOrDefault(id);

    public bool IsSpecial(int id) => parts.Tokens.Special.Contains(id);

    /// <summary>
    /// The ids of a text. Special tokens written out in it are recognised; see <see cref="EncodeSegment"/> for untrusted text.
    /// </summary>
    /// <param name="addSpecialTokens">
    /// Puts the tokens around it that the tokenizer's post-processor asks for (usually the begin token).
    /// </param>
    public int[] Encode(string text, bool addSpecialTokens = true)
    {
        EncodedTokens output = new(tracked: false);
        if (addSpecialTokens) output.Ids.AddRange(parts.PostProcessor.Before);
        Encode(text, verbatim, normalized, continuation: false, output);
        if (addSpecialTokens) output.Ids.AddRange(parts.PostProcessor.After);
        return [.. output.Ids];
    }

    /// <summary>The same with the stretch of the text that each token stands for.</summary>
    /// <remarks>
    /// Tokens that share the bytes of one character all stand for that character; what was put in stands for an empty stretch.
    /// </remarks>
    public TokenSpan[] EncodeWithSpans(string text, bool addSpecialTokens = true)
    {
        EncodedTokens output = new(tracked: true);
        foreach (var id in addSpecialTokens ? parts.PostProcessor.Before : []) output.Add(id, new TextSpan(0, 0));
        Encode(text, verbatim, normalized, continuation: false, output);
        foreach (var id in addSpecialTokens ? parts.PostProcessor.After : []) output.Add(id, new TextSpan(text.Length, text.Length));
        return [.. output.Ids.Zip(output.Spans!, (id, span) => new TokenSpan(id, span.Start, span.End))];
    }

    /// <summary>
    /// The ids of a stretch of a larger sequence. The names of special tokens in it are ordinary text, and nothing is put around it.
    /// </summary>
    /// <param name="continuation">
    /// It goes on where other text ended: no dummy space is put in front (SentencePiece-style tokenizers).
    /// </param>
    public int[] EncodeSegment(string text, bool continuation)
    {
        EncodedTokens output = new(tracked: false);
        Encode(text, verbatimOrdinary, normalizedOrdinary, continuation, output);
        return [.. output.Ids];
    }

    void Encode(string text, AddedTokenFinder first, AddedTokenFinder second, bool continuation, EncodedTokens output)
    {
        if (!idle.TryTake(out var work)) work = new PieceWorkspace();
        List<AlignedText> pieces = [];
        foreach (var (token, start, end) in first.Split(text))
        {
            if (token is not null)
            {
                output.Add(token.Id, new TextSpan(start, end));
                continue;
            }
            var place = new Place(AtStart: start == 0, Continuation: continuation && start == 0);
            var part = AlignedText.Of(text, start, end, output.Spans is not null);
            if (parts.Normalizer is not null) part = parts.Normalizer.Apply(part, place);
            foreach (var (inner, innerStart, innerEnd) in second.Split(part.Text))
            {
                if (inner is not null)
                {
                    output.Add(inner.Id, part.Source(innerStart, innerEnd));
                    continue;
                }
                var innerPlace = innerStart == 0 ? place : default;
                pieces.Clear();
                if (parts.PreTokenizer is null) pieces.Add(part.Slice(innerStart, innerEnd));
                else parts.PreTokenizer.Split(part.Slice(innerStart, innerEnd), innerPlace, pieces);
                foreach (var piece in pieces) parts.Model.Encode(piece, output, work);
            }
        }
        if (text.Length <= LongestRemembered) idle.Add(work);
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
