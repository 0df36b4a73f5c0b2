namespace Grafting.Core.Text;

/// <summary>
/// A tokenizer from SentencePiece's <c>tokenizer.model</c> that gives the ids which SentencePiece gives. What the model does not say (the
/// tokens around a text, tokens added later) comes from <c>tokenizer_config.json</c>.
/// </summary>
internal static class SentencePieceReader
{
    const char Mark = SentencePieceNormalizer.Space;

    public static TokenizerParts Read(byte[] bytes, string file)
    {
        var model = SentencePieceFile.Parse(bytes, file);
        var config = TokenizerConfig.Read(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var tokens = ReadTokens(model, config, file);
        int? unknown = model.UnknownId >= 0 && model.UnknownId < model.Pieces.Count ? model.UnknownId : null;
        PieceModel pieces = model.IsBpe
            ? new Bpe(
                tokens.Vocabulary, Merges(model, tokens.Vocabulary), new BpeRules(unknown, true, model.ByteFallback, false), tokens.Special)
            : new Unigram(
                [.. model.Pieces.Select(piece => new ScoredToken(piece.Text, piece.Score))], tokens.Vocabulary, unknown,
                model.ByteFallback, tokens.Special);

        var prefix = model.AddsDummyPrefix && config.AddsPrefixSpace != false;
        var scheme = !prefix ? MetaspacePrefix.Never : config.Legacy == false ? MetaspacePrefix.First : MetaspacePrefix.Always;
        var normalizer = new SentencePieceNormalizer(ReadMap(model, file), model.RemovesExtraSpaces, scheme);
        var begin = config.BeginToken ?? NameOf(model, model.BeginId);
        var end = config.EndToken ?? NameOf(model, model.EndId);
        // Byte-pair models of this kind (Llama, Mistral, Gemma) open every text with the begin token unless the configuration denies it.
        var before = (config.AddsBegin ?? (model.IsBpe && begin is not null)) ? Put(begin, "begin") : [];
        var after = config.AddsEnd == true ? Put(end, "end") : [];
        return new TokenizerParts(tokens, pieces, normalizer, null, new PostProcessor(before, after), Decoder(model, prefix), begin, end);

        int[] Put(string? name, string which) => name is not null && tokens.IdOf(name) is { } id
            ? [id]
            : throw Fault.Input(
                $"{file}: the {which} token is asked for, but {(name is null ? "none is named" : $"\"{name}\" is not in the vocabulary")}.");
    }

    static string? NameOf(SentencePieceFile model, int id) =>
        id >= 0 && id < model.Pieces.Count && model.Pieces[id].Kind == SentencePieceKind.Control ? model.Pieces[id].Text : null;

    static TokenTable ReadTokens(SentencePieceFile model, TokenizerConfig config, string file)
    {
        TokenTable tokens = new();
        foreach (var (piece, id) in model.Pieces.Select((piece, id) => (piece, id)))
        {
            tokens.Names[id] = piece.Text;
            if (!tokens.Vocabulary.TryAdd(piece.Text, id)) throw Fault.Input($"{file} holds the piece \"{piece.Text}\" twice.");
        }
        var listed = config.Added.Select(token => token.Content).ToHashSet(StringComparer.Ordinal);
        foreach (var (piece, id) in model.Pieces.Select((piece, id) => (piece, id)))
        {
            var special = piece.Kind is SentencePieceKind.Unknown or SentencePieceKind.Control;
            if ((special || piece.Kind == SentencePieceKind.UserDefined) && !listed.Contains(piece.Text))
                tokens.Add(new AddedToken(id, piece.Text, false, false, false, false, special), Wrong(file));
        }
        foreach (var token in config.Added) tokens.Add(token, Wrong("tokenizer_config.json: $.added_tokens_decoder"));
        return tokens;
    }

    static Func<string, string?, GraftException> Wrong(string place) => (what, remedy) => Fault.Input($"{place} {what}", remedy);

    /// <summary>
    /// Every way to put two pieces together into a third, the third with the higher score first. Those of one score have one rank: they are
    /// done from left to right.
    /// </summary>
    static MergeTable Merges(SentencePieceFile model, Dictionary<string, int> vocabulary)
    {
        var lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        var scores = model.Pieces.Select(piece => piece.Score).Distinct().OrderDescending();
        var ranks = scores.Select((score, rank) => (score, rank)).ToDictionary();
        MergeTable merges = new(model.Pieces.Count);
        foreach (var (piece, id) in model.Pieces.Select((piece, id) => (piece, id)))
        {
            if (piece.Kind is not (SentencePieceKind.Normal or SentencePieceKind.UserDefined)) continue;
            for (var at = 1; at < piece.Text.Length; at++)
            {
                if (lookup.TryGetValue(piece.Text.AsSpan(0, at), out var left) && lookup.TryGetValue(piece.Text.AsSpan(at), out var right))
                    merges[left, right] = new Merge(ranks[piece.Score], id);
            }
        }
        return merges;
    }

    static CharacterMap? ReadMap(SentencePieceFile model, string file) => model.CharacterMap.Length == 0
        ? null : CharacterMap.Read(model.CharacterMap) ?? throw Fault.Input($"{file}: its precompiled_charsmap is no table of characters.");

    static TokenDecoder Decoder(SentencePieceFile model, bool prefix)
    {
        if (!model.IsBpe && !model.ByteFallback)
            return new TokenDecoder.Metaspace(new MetaspaceRule(Mark, prefix ? MetaspacePrefix.Always : MetaspacePrefix.Never));
        List<TokenDecoder> parts =
        [
            new TokenDecoder.Replace(new ReplaceRule(new TextPattern.Literal(Mark.ToString()), " ")), new TokenDecoder.ByteFallback(),
            new TokenDecoder.Fuse(),
        ];
        if (prefix) parts.Add(new TokenDecoder.Strip(' ', 1, 0));
        return new TokenDecoder.Chain([.. parts]);
    }
}
