namespace Grafting.Core.Text;

/// <summary>Finds the file that holds a tokenizer, and reads it as what it is.</summary>
internal static class TokenizerFile
{
    /// <summary>
    /// Of a folder: <c>tokenizer.json</c>, else <c>tokenizer.model</c> or <c>spiece.model</c> (SentencePiece's or tiktoken's, which its first
    /// byte tells), else the one <c>*.tiktoken</c>.
    /// </summary>
    public static TokenizerParts Read(string folderOrFile)
    {
        var file = Directory.Exists(folderOrFile) ? Find(folderOrFile) : folderOrFile;
        if (!File.Exists(file))
            throw Fault.Input($"{file} does not exist.", "The folder of a checkpoint holds its tokenizer as tokenizer.json, tokenizer.model or *.tiktoken.");
        if (file.EndsWith(".json", StringComparison.OrdinalIgnoreCase)) return TokenizerReader.Read(file);
        var bytes = Bytes(file);
        // A SentencePiece model begins with its first piece: field 1 with a length, which is byte 10. Base64 never begins so.
        return bytes is [10, ..] ? SentencePieceReader.Read(bytes, file) : TiktokenReader.Read(bytes, file);
    }

    static string Find(string folder)
    {
        foreach (var name in (ReadOnlySpan<string>)["tokenizer.json", "tokenizer.model", "spiece.model"])
            if (File.Exists(Path.Combine(folder, name))) return Path.Combine(folder, name);
        return Directory.GetFiles(folder, "*.tiktoken") switch
        {
            [] => Path.Combine(folder, "tokenizer.json"),
            [var only] => only,
            var several => throw Fault.Input($"{folder} holds {several.Length} tiktoken files.", "Name the file."),
        };
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
