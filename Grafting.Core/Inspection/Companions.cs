using System.Text;
using System.Text.Json;
using Grafting.Core.Checkpoints;
using Grafting.Core.Text;

namespace Grafting.Core.Inspection;

/// <summary>What lies beside the weights: licence, tokenizer, chat template, preprocessing.</summary>
/// <param name="warnings">Receives what could not be read.</param>
sealed class Companions(string folder, ICollection<string> warnings)
{
    const int MaxBytes = 64 << 20;
    const string Readme = "README.md";
    const string TokenizerConfig = "tokenizer_config.json";
    const string Fence = "---";

    static readonly string[] Templates = ["chat_template.jinja", "chat_template.json"];
    static readonly string[] Preprocessors = ["preprocessor_config.json", "processor_config.json"];
    static readonly string[] Licences = ["LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING"];

    /// <param name="config">The model's <c>config.json</c>, where there is one.</param>
    public InspectionReport AddTo(InspectionReport report, JsonElement? config) => report with
    {
        Tokenizer = TokenizerFile.NamesIn(folder).FirstOrDefault(),
        ChatTemplate = First(Templates) ?? (HasTemplate() ? TokenizerConfig : null),
        Preprocessor = First(Preprocessors),
        Licence = OfModelCard() ?? OfLicenceFile() ?? OfConfig(config) ?? new(null, null),
    };

    string? First(string[] names) => Array.Find(names, name => File.Exists(Path.Combine(folder, name)));

    bool HasTemplate() =>
        Read(TokenizerConfig, path => StrictJson.ReadObject(path, MaxBytes)) is { ValueKind: JsonValueKind.Object } config
        && config.TryGetProperty("chat_template", out var template) && template.ValueKind != JsonValueKind.Null;

    /// <summary>The front matter of a model card: <c>license</c>, and its name where the Hub's list has none for it.</summary>
    LicenceStatement? OfModelCard()
    {
        var lines = Lines(Readme);
        if (lines is not [Fence, .. var rest] || Array.IndexOf(rest, Fence) is not (>= 0 and var end)) return null;
        var matter = rest[..end];
        var licence = Value(matter, "license");
        var name = licence == "other" ? Value(matter, "license_name") ?? licence : licence;
        return name is null ? null : new(name, Readme);
    }

    LicenceStatement? OfLicenceFile()
    {
        if (First(Licences) is not { } file) return null;
        var title = Lines(file).Select(line => line.Trim('#', ' ', '\t')).FirstOrDefault(line => line.Length > 0);
        return title is null ? null : new(title, file);
    }

    static LicenceStatement? OfConfig(JsonElement? config) =>
        config is { } json && ConfigEssentials.Text(json, "license") is { } licence ? new(licence, Checkpoint.ConfigName) : null;

    static string? Value(string[] lines, string key)
    {
        var at = Array.FindIndex(lines, line => line.StartsWith(key + ":", StringComparison.Ordinal));
        if (at < 0) return null;
        var value = lines[at][(key.Length + 1)..].Trim();
        // A list of one, in YAML's other form.
        if (value.Length == 0 && at + 1 < lines.Length && lines[at + 1].TrimStart() is ['-', .. var item]) value = item.Trim();
        return value.Trim('"', '\'') is { Length: > 0 } text ? text : null;
    }

    string[] Lines(string name) =>
        Read(name, path => Encoding.UTF8.GetString(RegularFile.ReadAll(path, MaxBytes))) is { } text
            ? [.. text.Split('\n').Select(line => line.TrimEnd())]
            : [];

    /// <summary>What a small file says; nothing where it is not there, or cannot be read, which becomes a warning.</summary>
    T? Read<T>(string name, Func<string, T> read)
    {
        var path = Path.Combine(folder, name);
        if (!File.Exists(path)) return default;
        try
        {
            return read(path);
        }
        catch (GraftException error) when (error.Kind == ErrorKind.Input)
        {
            warnings.Add(error.Message);
            return default;
        }
    }
}
