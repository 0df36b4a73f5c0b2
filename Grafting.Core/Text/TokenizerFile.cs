namespace Grafting.Core.Text;

/// <summary>Finds the file that holds a tokenizer, and reads it as what it is.</summary>
internal static class TokenizerFile
{
    const string Tekken = "tekken.json";

    /// <summary>The files that may hold one, that which is read first; merges.txt belongs to vocab.json.</summary>
    static readonly string[] names =
    [
        "tokenizer.json", "tokenizer.model", "spiece.model", "*.tiktoken", VocabularyMergesReader.VocabularyName,
    ];

    /// <summary>The names of the tokenizers in a folder, that which is read first.</summary>
    public static string[] NamesIn(string folder) =>
        [.. names.SelectMany(name => Directory.GetFiles(folder, name).Order(StringComparer.Ordinal))
            .Select(file => Path.GetFileName(file))];

    /// <summary>
    /// Reads the first of <see cref="NamesIn"/>, or a file of one of these kinds. Whether a .model is SentencePiece's or tiktoken's is told
    /// from its first byte.
    /// </summary>
    public static TokenizerParts Read(string folderOrFile)
    {
        var file = Directory.Exists(folderOrFile) ? Find(folderOrFile) : folderOrFile;
        if (!File.Exists(file)) throw Fault.Input($"{file} does not exist.", Remedy);
        switch (Path.GetFileName(file))
        {
            case VocabularyMergesReader.VocabularyName:
                return VocabularyMergesReader.Read(file);
            case Tekken:
                throw Fault.Input(
                    $"{file} is a tokenizer of Mistral's tekken kind, which graft does not know.", "Use the tokenizer.json of this model.");
            case var name when name.EndsWith(".json", StringComparison.OrdinalIgnoreCase):
                return TokenizerReader.Read(file);
        }
        var bytes = Bytes(file);
        // A SentencePiece model begins with its first piece: field 1 with a length, which is byte 10. Base64 never begins so.
        return bytes is [10, ..] ? SentencePieceReader.Read(bytes, file) : TiktokenReader.Read(bytes, file);
    }

    const string Remedy =
        "The folder of a checkpoint holds its tokenizer as tokenizer.json, tokenizer.model, spiece.model, *.tiktoken, or vocab.json and "
            + "merges.txt.";

    static string Find(string folder)
    {
        var found = NamesIn(folder);
        if (found is [])
        {
            var tekken = Path.Combine(folder, Tekken);
            return File.Exists(tekken) ? tekken : Path.Combine(folder, names[0]);
        }
        var alike = found.Count(name => Path.GetExtension(name) == Path.GetExtension(found[0]));
        if (found[0].EndsWith(".tiktoken", StringComparison.Ordinal) && alike > 1)
            throw Fault.Input($"{folder} holds {alike} tiktoken files.", "Name the file.");
        return Path.Combine(folder, found[0]);
    }

    static byte[] Bytes(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Fault.Input($"{file} cannot be read: {fault.Message}", inner: fault);
        }
    }
}
