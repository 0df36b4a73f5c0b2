namespace Grafting.Core.Text.Templates;

/// <summary>The text of a chat template, and where it stands.</summary>
/// <param name="Place">For messages: a file, or a file and the field in it.</param>
internal sealed record TemplateSource(string Text, string Place)
{
    public const string FileName = "chat_template.jinja";
    const string MoreFolder = "additional_chat_templates", OlderFileName = "chat_template.json", ConfigName = "tokenizer_config.json",
        Field = "chat_template";

    /// <summary>Longest template file; real ones have some ten thousand characters.</summary>
    const int LongestFile = 1 << 20;

    /// <summary>
    /// The template of a checkpoint folder: <c>chat_template.jinja</c>, else the older <c>chat_template.json</c>, else the field of
    /// <c>tokenizer_config.json</c>, a text or a list of named ones, of which "default" is taken.
    /// </summary>
    /// <returns>Null where the folder has none.</returns>
    /// <exception cref="GraftException">Input: a file is malformed, or none of several templates is the default.</exception>
    public static TemplateSource? Of(string folder)
    {
        var file = Path.Combine(folder, FileName);
        if (File.Exists(file)) return OfFile(file);
        if (InJson(Path.Combine(folder, OlderFileName)) is { } older) return older;
        if (InJson(Path.Combine(folder, ConfigName)) is { } config) return config;
        return Named(folder).Count == 0 ? null : throw Fault.Input(
            $"{folder} has no chat template that is the default; it has {string.Join(", ", Named(folder).Keys.Order())}.",
            $"Name the file of one: --template {Path.Combine(folder, MoreFolder, "NAME.jinja")}.");
    }

    /// <summary>Whether a folder has chat templates, whatever they are.</summary>
    public static bool IsIn(string folder)
    {
        if (File.Exists(Path.Combine(folder, FileName)) || File.Exists(Path.Combine(folder, OlderFileName))) return true;
        var config = Path.Combine(folder, ConfigName);
        if (!File.Exists(config)) return false;
        using var document = JsonAt.Open(config);
        return new JsonAt(document.RootElement, config, "$").Find(Field) is not null;
    }

    /// <exception cref="GraftException">Input: it cannot be read, or is too long to be a template.</exception>
    public static TemplateSource OfFile(string file)
    {
        try
        {
            if (new FileInfo(file).Length > LongestFile)
                throw Fault.Input($"{file} has more than {LongestFile} bytes; it is no chat template.");
            return new TemplateSource(File.ReadAllText(file), file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Fault.Input($"{file} cannot be read: {fault.Message}", inner: fault);
        }
    }

    /// <summary>The special tokens that templates of a folder may write, by the names under which transformers hands them over.</summary>
    /// <remarks>
    /// Read from tokenizer_config.json, and from special_tokens_map.json what stands only there; a text or {"content": …}.
    /// </remarks>
    public static IReadOnlyDictionary<string, string> SpecialTokens(string folder)
    {
        Dictionary<string, string> tokens = new(StringComparer.Ordinal);
        foreach (var name in (ReadOnlySpan<string>)[ConfigName, "special_tokens_map.json"])
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path)) continue;
            using var document = JsonAt.Open(path);
            foreach (var (key, value) in new JsonAt(document.RootElement, path, "$").Members())
            {
                if (!key.EndsWith("_token", StringComparison.Ordinal)) continue;
                if (value.IsText) tokens.TryAdd(key, value.Text());
                else if (value.Value.ValueKind == System.Text.Json.JsonValueKind.Object
                    && value.Find("content") is { IsText: true } content)
                    tokens.TryAdd(key, content.Text());
            }
        }
        return tokens;
    }

    static Dictionary<string, string> Named(string folder)
    {
        var more = Path.Combine(folder, MoreFolder);
        return Directory.Exists(more)
            ? Directory.EnumerateFiles(more, "*.jinja").ToDictionary(path => Path.GetFileNameWithoutExtension(path), path => path)
            : [];
    }

    static TemplateSource? InJson(string path)
    {
        if (!File.Exists(path)) return null;
        using var document = JsonAt.Open(path);
        if (new JsonAt(document.RootElement, path, "$").Find(Field) is not { } field) return null;
        if (field.IsText) return new TemplateSource(field.Text(), $"{path}: {field.Path}");
        var named = field.Items().Select(item => (Name: item["name"].Text(), Template: item["template"])).ToList();
        var chosen = named.Find(item => item.Name == "default").Template;
        if (chosen.File is null && named is [var only]) chosen = only.Template;
        if (chosen.File is null)
            throw field.Wrong(
                $"has several templates and none called \"default\": {string.Join(", ", named.Select(item => Printable.Quote(item.Name)))}.");
        return new TemplateSource(chosen.Text(), $"{path}: {chosen.Path}");
    }
}
