namespace Grafting.Core.Text;

/// <summary>
/// A byte-level tokenizer from <c>vocab.json</c> and <c>merges.txt</c>, the pair that GPT-2 began and Qwen2 still ships. How texts are
/// split follows from the class that tokenizer_config.json names.
/// </summary>
internal static class VocabularyMergesReader
{
    public const string VocabularyName = "vocab.json", MergesName = "merges.txt";
    const string EndOfText = "<|endoftext|>";

    public static TokenizerParts Read(string file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        using var document = JsonAt.Open(file);
        var tokens = TokenizerReader.ReadVocabulary(new JsonAt(document.RootElement, file, "$"));
        var merges = ReadMerges(Path.Combine(folder, MergesName), tokens.Vocabulary);
        var config = TokenizerConfig.Read(folder);
        var (normalizer, preTokenizer) = Rules(config, folder);
        foreach (var token in config.Added) tokens.Add(token, (what, remedy) => Fault.Input($"{folder}: the added token {what}", remedy));
        // In GPT-2's vocabulary its one special token stands among the others.
        if (tokens.Vocabulary.TryGetValue(EndOfText, out var id) && !tokens.Special.Contains(id))
        {
            AddedToken token = new(id, EndOfText, false, false, false, Normalized: false, Special: true);
            tokens.Add(token, (what, remedy) => Fault.Input($"{file} {what}", remedy));
        }

        var (begin, end) = (config.BeginToken, config.EndToken ?? EndOfText);
        int[] before = config.AddsBegin == true && begin is not null && tokens.IdOf(begin) is { } beginId ? [beginId] : [];
        return new TokenizerParts(
            tokens, new Bpe(tokens.Vocabulary, merges, new BpeRules(null, false, false, false), tokens.Special), normalizer, preTokenizer,
            new PostProcessor(before, []), new TokenDecoder.ByteLevel(), begin, end);
    }

    static (Normalizer?, PreTokenizer) Rules(TokenizerConfig config, string folder) => config.Class switch
    {
        "GPT2Tokenizer" => (null, new PreTokenizer.ByteLevel(config.AddsPrefixSpace == true, SplitScanner.Gpt2)),
        "Qwen2Tokenizer" => (new Normalizer.Form(Unicode.NormalForm.C), PreTokenizer.Bytes(TextPattern.Of(SplitScanner.Qwen2Pattern))),
        _ => throw Fault.Input(
            $"{folder} holds {VocabularyName} and {MergesName}, and its tokenizer_config.json names "
                + (config.Class is null ? "no tokenizer_class" : $"the tokenizer_class \"{config.Class}\"")
                + "; graft knows how GPT2Tokenizer and Qwen2Tokenizer split a text.",
            "Use the tokenizer.json of this model."),
    };

    static MergeTable ReadMerges(string file, Dictionary<string, int> vocabulary)
    {
        if (!File.Exists(file))
            throw Fault.Input($"{file} does not exist.", $"{VocabularyName} and {MergesName} are two halves of one tokenizer.");
        MergeList merges = new(vocabulary, prefixLength: 0, vocabulary.Count);
        var number = 0;
        foreach (var line in TokenizedText.ReadFile(file).AsSpan().EnumerateLines())
        {
            number++;
            if (line.IsEmpty || (number == 1 && line.StartsWith("#version"))) continue;
            var space = line.IndexOf(' ');
            if (space <= 0 || space == line.Length - 1 || line[(space + 1)..].Contains(' '))
                throw Wrong($"is {Printable.Quote(line.ToString())}; a merge is two tokens with a space between them.");
            if (!merges.TryAdd(line[..space], line[(space + 1)..]))
                throw Wrong($"merges {Printable.Quote(line.ToString())}; both and the two together must be in {VocabularyName}.");
        }
        return merges.Table;

        GraftException Wrong(string what) => Fault.Input($"{file}: line {number} {what}");
    }
}
