namespace Grafting.Core.Checkpoints;

/// <summary>
/// What a model folder holds beside weights and configuration, and every tool expects to find: vocabulary, template, licence.
/// </summary>
public static class CompanionFiles
{
    static readonly string[] Names =
    [
        "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "spiece.model", "special_tokens_map.json", "added_tokens.json",
        "vocab.json",
        "vocab.txt", "merges.txt", "chat_template.jinja", "chat_template.json", "generation_config.json", "preprocessor_config.json",
        "processor_config.json",
    ];

    /// <summary>Licences of models ask to be passed on with every copy and every part.</summary>
    static readonly string[] LegalPrefixes = ["LICENSE", "NOTICE", "USE_POLICY"];

    const string TemplateFolder = "additional_chat_templates";
    const int MaxBytes = 1 << 30;

    public sealed record Companion(string Source, string Name, long Length)
    {
        public void CopyTo(string folder)
        {
            var path = Path.Combine(folder, Name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            // By content: the source may be a link into a cache, or read-only.
            File.WriteAllBytes(path, Length == 0 ? [] : RegularFile.ReadAll(Source, MaxBytes));
        }
    }

    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/> for a link into nowhere.</exception>
    public static IReadOnlyList<Companion> Find(string folder)
    {
        var templates = Path.Combine(folder, TemplateFolder);
        var names = Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path))
            .Where(name => Names.Contains(name) || name.EndsWith(".tiktoken", StringComparison.Ordinal)
                || LegalPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)));
        if (Directory.Exists(templates))
            names = names.Concat(
                Directory.EnumerateFiles(templates, "*.jinja").Select(path => Path.Combine(TemplateFolder, Path.GetFileName(path))));
        return [.. names.Order(StringComparer.Ordinal)
            .Select(name => new Companion(Path.Combine(folder, name), name, Length(Path.Combine(folder, name))))];
    }

    static long Length(string path)
    {
        var aim = File.ResolveLinkTarget(path, returnFinalTarget: true);
        return aim is null or { Exists: true }
            ? new FileInfo(aim?.FullName ?? path).Length
            : throw Fault.Input($"{path}: is a link to {aim.FullName}, which does not exist.", "Fetch the file again.");
    }
}
