namespace Grafting.Core.Text;

/// <summary>
/// A tokenizer from SentencePiece's <c>tokenizer.model</c>, put together from the same parts as the <c>tokenizer.json</c> that
/// Hugging Face makes of it, so that both give the same ids.
/// </summary>
internal static class SentencePieceReader
{
    const char Mark = '▁';

    public static TokenizerParts Read(byte[] bytes, string file)
    {
        var model = SentencePieceFile.Parse(bytes, file);
        var config = TokenizerConfig.Read(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var tokens = ReadTokens(model, config, file);
        int? unknown = model.UnknownId >= 0 && model.UnknownId < model.Pieces.Count ? model.UnknownId : null;
        PieceModel pieces = model.IsBpe
            ? new Bpe(tokens.Vocabulary, Merges(model, tokens.Vocabulary), new BpeRules(unknown, true, model.ByteFallback, false), tokens.Special)
            : new Unigram(
                [.. model.Pieces.Select(piece => new ScoredToken(piece.Text, piece.Score))], tokens.Vocabulary, unknown, model.ByteFallback, tokens.Special);

        var prefix = model.AddsDummyPrefix && config.AddsPrefixSpace != false;
        var (normalizer, preTokenizer) = Rules(model, prefix, config.Legacy != false, file);
        var begin = config.BeginToken ?? NameOf(model, model.BeginId);
        var end = config.EndToken ?? NameOf(model, model.EndId);
        // Byte-pair models of this kind (Llama, Mistral, Gemma) open every text with the begin token unless the configuration denies it.
        var before = (config.AddsBegin ?? (model.IsBpe && begin is not null)) ? Put(begin, "begin") : [];
        var after = config.AddsEnd == true ? Put(end, "end") : [];
        return new TokenizerParts(tokens, pieces, normalizer, preTokenizer, new PostProcessor(before, after), Decoder(model, prefix), begin, end);

        int[] Put(string? name, string which) => name is not null && tokens.IdOf(name) is { } id
            ? [id]
            : throw Fault.Input($"{file}: the {which} token is asked for, but {(name is null ? "none is named" : $"\"{name}\" is not in the vocabulary")}.");
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
    /// Every way to put two pieces together into a third, the third with the higher score first. Among equals those of the earlier left
    /// half come first, then those of the earlier right half, as in the files that Hugging Face made of such models.
    /// </summary>
    static Dictionary<long, Merge> Merges(SentencePieceFile model, Dictionary<string, int> vocabulary)
    {
        var lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        List<(float Score, int Left, int Right, int Whole)> found = [];
        foreach (var (piece, id) in model.Pieces.Select((piece, id) => (piece, id)))
        {
            if (piece.Kind is not (SentencePieceKind.Normal or SentencePieceKind.UserDefined)) continue;
            for (var at = 1; at < piece.Text.Length; at++)
            {
                if (lookup.TryGetValue(piece.Text.AsSpan(0, at), out var left) && lookup.TryGetValue(piece.Text.AsSpan(at), out var right))
                    found.Add((piece.Score, left, right, id));
            }
        }
        found.Sort((one, other) => (-one.Score, one.Left, one.Right).CompareTo((-other.Score, other.Left, other.Right)));
        Dictionary<long, Merge> merges = new(found.Count);
        foreach (var (_, left, right, whole) in found) merges[Bpe.Pair(left, right)] = new Merge(merges.Count, whole);
        return merges;
    }

    static (Normalizer?, PreTokenizer?) Rules(SentencePieceFile model, bool prefix, bool legacy, string file)
    {
        List<Normalizer> rules = [];
        if (model.CharacterMap.Length > 0)
        {
            var map = CharacterMap.Read(model.CharacterMap) ?? throw Fault.Input($"{file}: its precompiled_charsmap is no table of characters.");
            rules.Add(new Normalizer.Precompiled(map));
        }
        if (model.RemovesExtraSpaces)
        {
            rules.Add(new Normalizer.Strip(left: false, right: true));
            rules.Add(new Normalizer.Replace(new ReplaceRule(SplitExpression.Parse(" {2,}"), Mark.ToString())));
        }
        else if (model.IsBpe && legacy)
        {
            if (prefix) rules.Add(new Normalizer.Prepend(Mark.ToString()));
            rules.Add(new Normalizer.Replace(new ReplaceRule(new TextPattern.Literal(" "), Mark.ToString())));
            return (new Normalizer.Chain([.. rules]), null);
        }
        var scheme = !prefix ? MetaspacePrefix.Never : legacy ? MetaspacePrefix.Always : MetaspacePrefix.First;
        return (rules.Count > 0 ? new Normalizer.Chain([.. rules]) : null, new PreTokenizer.Metaspace(new MetaspaceRule(Mark, scheme), split: !model.IsBpe));
    }

    static TokenDecoder Decoder(SentencePieceFile model, bool prefix)
    {
        if (!model.IsBpe && !model.ByteFallback)
            return new TokenDecoder.Metaspace(new MetaspaceRule(Mark, prefix ? MetaspacePrefix.Always : MetaspacePrefix.Never));
        List<TokenDecoder> parts =
        [
            new TokenDecoder.Replace(new ReplaceRule(new TextPattern.Literal(Mark.ToString()), " ")), new TokenDecoder.ByteFallback(), new TokenDecoder.Fuse(),
        ];
        if (prefix) parts.Add(new TokenDecoder.Strip(' ', 1, 0));
        return new TokenDecoder.Chain([.. parts]);
    }
}
