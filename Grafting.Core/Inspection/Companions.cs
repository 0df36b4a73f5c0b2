using System.Text.Json;
using Grafting.Core.Checkpoints;

namespace Grafting.Core.Inspection;

/// <summary>What lies beside the weights: licence, tokenizer, chat template, preprocessing.</summary>
static class Companions
{
    const int MaxBytes = 64 << 20;
    const string Readme = "README.md";
    const string TokenizerConfig = "tokenizer_config.json";
    const string Fence = "---";

    static readonly string[] Tokenizers = ["tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json"];
    static readonly string[] Templates = ["chat_template.jinja", "chat_template.json"];
    static readonly string[] Preprocessors = ["preprocessor_config.json", "processor_config.json"];
    static readonly string[] Licences = ["LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING"];

    /// <param name="warnings">Receives what could not be read.</param>
    public static InspectionReport AddTo(InspectionReport report, string folder, JsonElement? config, ICollection<string> warnings) => report with
    {
        Tokenizer = First(folder, Tokenizers),
        ChatTemplate = First(folder, Templates) ?? (HasTemplate(folder, warnings) ? TokenizerConfig : null),
        Preprocessor = First(folder, Preprocessors),
        Licence = FromReadme(folder) ?? FromFile(folder) ?? FromConfig(config) ?? new(null, null),
    };

    static string? First(string folder, string[] names) => Array.Find(names, name => File.Exists(Path.Combine(folder, name)));

    static bool HasTemplate(string folder, ICollection<string> warnings)
    {
        var path = Path.Combine(folder, TokenizerConfig);
        if (!File.Exists(path)) return false;
        try
        {
            return StrictJson.ReadObject(path, MaxBytes).TryGetProperty("chat_template", out var template) && template.ValueKind != JsonValueKind.Null;
        }
        catch (GraftException error)
        {
            warnings.Add(error.Message);
            return false;
        }
    }

    /// <summary>The front matter of a model card: <c>license</c>, and its name where the Hub's list has none for it.</summary>
    static LicenceStatement? FromReadme(string folder)
    {
        var path = Path.Combine(folder, Readme);
        if (!File.Exists(path)) return null;
        var lines = File.ReadLines(path).Take(1000).Select(line => line.TrimEnd()).ToList();
        if (lines is not [Fence, .. var rest] || rest.IndexOf(Fence) is not (>= 0 and var end)) return null;
        var matter = rest[..end];
        var licence = Value(matter, "license");
        var name = licence == "other" ? Value(matter, "license_name") ?? licence : licence;
        return name is null ? null : new(name, Readme);
    }

    static string? Value(List<string> lines, string key)
    {
        var at = lines.FindIndex(line => line.StartsWith(key + ":", StringComparison.Ordinal));
        if (at < 0) return null;
        var value = lines[at][(key.Length + 1)..].Trim();
        // A list of one, in YAML's other form.
        if (value.Length == 0 && at + 1 < lines.Count && lines[at + 1].TrimStart() is ['-', .. var item]) value = item.Trim();
        return value.Trim('"', '\'') is { Length: > 0 } text ? text : null;
    }

    static LicenceStatement? FromFile(string folder)
    {
        if (First(folder, Licences) is not { } name) return null;
        var line = File.ReadLines(Path.Combine(folder, name)).Take(100).Select(text => text.Trim('#', ' ', '\t')).FirstOrDefault(text => text.Length > 0);
        return line is null ? null : new(line, name);
    }

    static LicenceStatement? FromConfig(JsonElement? config) =>
        config is { } json && ConfigEssentials.Text(json, "license") is { } licence ? new(licence, Checkpoint.ConfigName) : null;
}
