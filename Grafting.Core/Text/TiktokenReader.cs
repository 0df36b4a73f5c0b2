using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Grafting.Core.Text.Unicode;

namespace Grafting.Core.Text;

/// <summary>
/// A tokenizer from a tiktoken file: one line for each token, its bytes in base64 and its rank. The rank is the id, and the order in which
/// neighbours are merged. The file holds neither the splitting rule nor the special tokens: these come from <c>tokenizer_config.json</c>
/// and from what is known of the two families that ship such files.
/// </summary>
internal static class TiktokenReader
{
    /// <summary>What the number of ranks tells.</summary>
    sealed record Layout(string Pattern, NormalForm? Form, bool AddsBegin, string? Begin, string? End, string[] Special);

    /// <summary>Meta's tokenizer.py of Llama 3: what is not named is reserved.</summary>
    static readonly Layout llama3 = new(
        SplitScanner.Llama3Pattern, null, AddsBegin: true, "<|begin_of_text|>", "<|end_of_text|>",
        [
            "<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>", "<|finetune_right_pad_id|>",
            "<|reserved_special_token_2|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>",
            .. Enumerable.Range(3, 245).Select(i => $"<|reserved_special_token_{i}|>"),
        ]);

    static readonly Layout qwen = new(
        SplitScanner.Qwen2Pattern, NormalForm.C, AddsBegin: false, null, "<|endoftext|>", ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]);

    static Layout For(int ranks, string file) => ranks switch
    {
        128_000 => llama3,
        151_643 => qwen,
        _ => throw Fault.Input(
            $"{file} holds {ranks} ranks; graft knows the tiktoken files of Llama 3 (128000) and of Qwen (151643).", "Use the tokenizer.json of this model."),
    };

    public static TokenizerParts Read(byte[] bytes, string file)
    {
        var tokens = ReadTokens(bytes, file);
        var count = tokens.Vocabulary.Count;
        var layout = For(count, file);
        var merges = Merges(tokens);

        var config = TokenizerConfig.Read(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var configured = config.Added.Count > 0;
        var added = configured ? config.Added : [.. layout.Special.Select((name, i) => new AddedToken(count + i, name, false, false, false, false, true))];
        var place = configured ? "tokenizer_config.json: $.added_tokens_decoder" : file;
        foreach (var token in added) tokens.Add(token, (what, remedy) => Fault.Input($"{place} {what}", remedy));

        var (begin, end) = (config.BeginToken ?? layout.Begin, config.EndToken ?? layout.End);
        int[] before = (config.AddsBegin ?? layout.AddsBegin) && begin is not null && tokens.IdOf(begin) is { } id ? [id] : [];
        return new TokenizerParts(
            tokens, new Bpe(tokens.Vocabulary, merges, new BpeRules(null, false, false, IgnoreMerges: true), tokens.Special),
            layout.Form is { } form ? new Normalizer.Form(form) : null,
            new PreTokenizer.Chain(
            [
                new PreTokenizer.Pattern(SplitScanner.For(layout.Pattern)!, SplitRule.Isolated), new PreTokenizer.ByteLevel(addPrefixSpace: false, scanner: null),
            ]),
            new PostProcessor(before, []), new TokenDecoder.ByteLevel(), begin, end);
    }

    static TokenTable ReadTokens(ReadOnlySpan<byte> bytes, string file)
    {
        TokenTable tokens = new();
        var number = 0;
        foreach (var range in bytes.Split((byte)'\n'))
        {
            number++;
            var line = bytes[range].TrimEnd((byte)'\r');
            if (line.IsEmpty) continue;
            var space = line.IndexOf((byte)' ');
            var token = new byte[Math.Max(0, space)];
            if (space <= 0 || Base64.DecodeFromUtf8(line[..space], token, out _, out var length) != System.Buffers.OperationStatus.Done || length == 0
                || !int.TryParse(line[(space + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var rank))
            {
                var shown = Encoding.UTF8.GetString(line.Length > 60 ? line[..60] : line);
                throw Fault.Input($"{file}: line {number} is {Printable.Quote(shown)}; a line of a tiktoken file is a token in base64, a space and its rank.");
            }
            var spelled = string.Concat(token.AsSpan(0, length).ToArray().Select(ByteAlphabet.Of));
            if (rank > TokenTable.HighestId || !tokens.Names.TryAdd(rank, spelled) || !tokens.Vocabulary.TryAdd(spelled, rank))
                throw Fault.Input($"{file}: line {number} gives a rank or a token a second time, or a rank above {TokenTable.HighestId}.");
        }
        if (tokens.Names.Count == 0) throw Fault.Input($"{file} is empty.");
        return tokens;
    }

    /// <summary>Every way to put two tokens together into a third, in the order of the third's rank.</summary>
    static Dictionary<long, Merge> Merges(TokenTable tokens)
    {
        var lookup = tokens.Vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        Dictionary<long, Merge> merges = [];
        foreach (var (token, rank) in tokens.Vocabulary)
        {
            for (var at = 1; at < token.Length; at++)
            {
                if (lookup.TryGetValue(token.AsSpan(0, at), out var left) && lookup.TryGetValue(token.AsSpan(at), out var right))
                    merges[Bpe.Pair(left, right)] = new Merge(rank, rank);
            }
        }
        return merges;
    }
}
