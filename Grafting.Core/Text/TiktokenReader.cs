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
    sealed record Layout(string Model, string Pattern, NormalForm? Form, bool AddsBegin, string? Begin, string? End, AddedToken[] Special);

    /// <summary>tiktoken's o200k_base, which Llama 4 splits by as well (meta-llama/llama-models, models/llama4/tokenizer.py).</summary>
    const string O200kPattern =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>
    /// By the number of ranks. Missing on purpose: cl100k_base (100256), of which two splitting rules have been published that differ on
    /// white space at the end of a text.
    /// </summary>
    static readonly Dictionary<int, Layout> layouts = new()
    {
        // Meta's tokenizer.py of Llama 3: what is not named is reserved.
        [128_000] = new(
            "Llama 3", SplitScanner.Llama3Pattern, null, AddsBegin: true, "<|begin_of_text|>", "<|end_of_text|>",
            From(128_000, [
                "<|begin_of_text|>", "<|end_of_text|>", .. Reserved("", 0, 2), "<|finetune_right_pad_id|>", .. Reserved("", 2, 1),
                "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>", .. Reserved("", 3, 245),
            ])),
        [151_643] = new(
            "Qwen", SplitScanner.Qwen2Pattern, NormalForm.C, AddsBegin: false, null, "<|endoftext|>",
            From(151_643, ["<|endoftext|>", "<|im_start|>", "<|im_end|>", .. Enumerable.Range(0, 205).Select(i => $"<|extra_{i}|>")])),
        [199_998] = new(
            "o200k_base", O200kPattern, null, AddsBegin: false, null, "<|endoftext|>",
            [.. From(199_999, ["<|endoftext|>"]), .. From(200_018, ["<|endofprompt|>"])]),
        [200_000] = new(
            "Llama 4", O200kPattern, null, AddsBegin: true, "<|begin_of_text|>", "<|end_of_text|>",
            From(200_000, [
                "<|begin_of_text|>", "<|end_of_text|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>",
                "<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>", "<|step|>", .. Reserved("text_post_train_", 0, 6),
                "<|python_start|>",
                "<|python_end|>", "<|finetune_right_pad|>", .. Reserved("text_post_train_", 8, 61),
                "<|image_start|>", "<|image_end|>", .. Reserved("vision_", 0, 2), "<|tile_x_separator|>", "<|tile_y_separator|>",
                .. Reserved("vision_", 2, 4), "<|image|>", .. Reserved("vision_", 6, 1), "<|patch|>", .. Reserved("vision_", 7, 1041),
                .. Reserved("reasoning_", 0, 8), "<|reasoning_thinking_start|>", "<|reasoning_thinking_end|>", .. Reserved("", 0, 904),
            ])),
    };

    static AddedToken[] From(int first, string[] names) =>
        [.. names.Select((name, i) => new AddedToken(first + i, name, false, false, false, false, Special: true))];

    static IEnumerable<string> Reserved(string group, int first, int count) =>
        Enumerable.Range(first, count).Select(i => $"<|{group}reserved_special_token_{i}|>");

    static Layout For(int ranks, string file) => layouts.GetValueOrDefault(ranks) ?? throw Fault.Input(
        $"{file} holds {ranks} ranks; graft knows the tiktoken files of "
            + string.Join(", ", layouts.Select(known => $"{known.Value.Model} ({known.Key})")) + ".",
        "Use the tokenizer.json of this model.");

    public static TokenizerParts Read(byte[] bytes, string file)
    {
        var tokens = ReadTokens(bytes, file);
        var layout = For(tokens.Vocabulary.Count, file);
        var merges = Merges(tokens);

        var config = TokenizerConfig.Read(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var configured = config.Added.Count > 0;
        var added = configured ? config.Added : layout.Special;
        var place = configured ? "tokenizer_config.json: $.added_tokens_decoder" : file;
        foreach (var token in added) tokens.Add(token, (what, remedy) => Fault.Input($"{place} {what}", remedy));

        var (begin, end) = (config.BeginToken ?? layout.Begin, config.EndToken ?? layout.End);
        int[] before = (config.AddsBegin ?? layout.AddsBegin) && begin is not null && tokens.IdOf(begin) is { } id ? [id] : [];
        return new TokenizerParts(
            tokens, new Bpe(tokens.Vocabulary, merges, new BpeRules(null, false, false, IgnoreMerges: true), tokens.Special),
            layout.Form is { } form ? new Normalizer.Form(form) : null,
            PreTokenizer.Bytes(TextPattern.Of(layout.Pattern)),
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
            if (space <= 0 || Base64.DecodeFromUtf8(line[..space], token, out _, out var length) != System.Buffers.OperationStatus.Done
                || length == 0
                || !int.TryParse(line[(space + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var rank))
            {
                var shown = Encoding.UTF8.GetString(line.Length > 60 ? line[..60] : line);
                throw Fault.Input(
                    $"{file}: line {number} is {Printable.Quote(shown)}; a line of a tiktoken file is a token in base64, a space and its "
                        + "rank.");
            }
            var spelled = string.Concat(token.AsSpan(0, length).ToArray().Select(ByteAlphabet.Of));
            if (rank > TokenTable.HighestId || !tokens.Names.TryAdd(rank, spelled) || !tokens.Vocabulary.TryAdd(spelled, rank))
                throw Fault.Input($"{file}: line {number} gives a rank or a token a second time, or a rank above {TokenTable.HighestId}.");
        }
        if (tokens.Names.Count == 0) throw Fault.Input($"{file} is empty.");
        return tokens;
    }

    /// <summary>Every way to put two tokens together into a third, in the order of the third's rank.</summary>
    static MergeTable Merges(TokenTable tokens)
    {
        var lookup = tokens.Vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        MergeTable merges = new(2 * tokens.Vocabulary.Count);
        foreach (var (token, rank) in tokens.Vocabulary)
        {
            for (var at = 1; at < token.Length; at++)
            {
                if (lookup.TryGetValue(token.AsSpan(0, at), out var left) && lookup.TryGetValue(token.AsSpan(at), out var right))
                    merges[left, right] = new Merge(rank, rank);
            }
        }
        return merges;
    }
}
