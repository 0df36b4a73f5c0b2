using System.Globalization;
using System.Text;
using Grafting.Core.Checkpoints;

namespace Grafting.Core.Transfer.Export;

/// <summary>A model that an export holds parts of.</summary>
/// <param name="Name">Repository or folder.</param>
/// <param name="Licence">As the front matter of its model card says; null where there is no card, or none is said.</param>
public sealed record PartOrigin(string Role, string Name, string? Licence)
{
    /// <param name="folder">Where the model lies; its <c>README.md</c> is its card.</param>
    public static PartOrigin Of(string role, string folder)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return new(role, HubCache.RepositoryOf(full) ?? Path.GetFileName(full), LicenceIn(Path.Combine(full, "README.md")));
    }

    static string? LicenceIn(string card)
    {
        if (!File.Exists(card)) return null;
        using var lines = File.ReadLines(card).GetEnumerator();
        if (!lines.MoveNext() || lines.Current.Trim() != "---") return null;
        string? licence = null, name = null;
        while (lines.MoveNext() && lines.Current.Trim() != "---")
        {
            if (Field(lines.Current, "license:") is { } found) licence = found;
            if (Field(lines.Current, "license_name:") is { } found2) name = found2;
        }
        return name ?? licence;
    }

    static string? Field(string line, string key) =>
        line.StartsWith(key, StringComparison.Ordinal) && line[key.Length..].Trim().Trim('"', '\'') is { Length: > 0 } value ? value : null;
}

/// <summary>The model card of an export.</summary>
static class ModelCard
{
    public static string Write(
        string name, IReadOnlyList<PartOrigin> parts, FeaturePathValue path, LlavaArchitecture architecture, PictureTokens tokens,
        ExportRequest request,
        IReadOnlyList<string> notes)
    {
        var vip = architecture == LlavaArchitecture.VipLlava;
        var type = vip ? "VipLlavaForConditionalGeneration" : "LlavaForConditionalGeneration";
        var text = new StringBuilder("---\nlibrary_name: transformers\npipeline_tag: image-text-to-text\n");
        if (parts.Count > 0) text.Append("base_model:\n");
        foreach (var part in parts) text.Append(CultureInfo.InvariantCulture, $"- {part.Name}\n");
        if (parts.FirstOrDefault(part => part.Role == "language model")?.Licence is { } licence)
            text.Append(CultureInfo.InvariantCulture, $"license: {licence}\n");
        text.Append(CultureInfo.InvariantCulture, $"---\n\n# {name}\n\n");
        text.Append("A vision encoder grafted onto a language model by graft (zero-shot vision-encoder grafting, arXiv 2505.22664). ");
        text.Append("The weights of the language model are those of its own publication");
        text.Append(tokens.Start is null ? ".\n\n" : ", but for two unused rows of the embedding table.\n\n");
        text.Append("| part | from | licence |\n|---|---|---|\n");
        foreach (var part in parts)
            text.Append(CultureInfo.InvariantCulture, $"| {part.Role} | {part.Name} | {part.Licence ?? "see its publisher"} |\n");
        text.Append(CultureInfo.InvariantCulture, $"\nPictures: hidden state {path.Layer} of {path.Layers} of a `{path.Tower}`, ");
        text.Append(path.PostNorm ? "its last norm, " : "no norm, ").Append(
            path.KeepsClass ? "class token kept, " : path.ClassTokens > 0 ? "class token dropped, " : "");
        text.Append(
            CultureInfo.InvariantCulture,
            $"projector {path.Projector}; {path.Tokens} tokens per picture, written as `{tokens.Image.Text}`");
        if (tokens is { Start: { } start, End: { } end })
            text.Append(
                CultureInfo.InvariantCulture,
                $" between `{start.Text}` and `{end.Text}`, whose embeddings are the learned vectors around a picture");
        text.Append(".\n\n## Use\n\n");
        if (request.Decoder == DecoderMode.Reference)
        {
            text.Append("This folder refers to the weights of the language model and does not hold them: only graft loads it. ");
            text.Append("`graft export --format hf --copy` makes one that stands alone.\n");
        }
        else
        {
            text.Append("```python\nfrom transformers import AutoProcessor, ").Append(type).Append('\n');
            text.Append(
                "processor = AutoProcessor.from_pretrained(folder)\nmodel = ").Append(type).Append(".from_pretrained(folder, "
                    + "dtype=\"auto\")\n");
            text.Append(
                "turns = [{\"role\": \"user\", \"content\": [{\"type\": \"image\"}, {\"type\": \"text\", \"text\": \"What is in the "
                    + "picture?\"}]}]\n");
            text.Append("prompt = processor.apply_chat_template(turns, add_generation_prompt=True)\n");
            text.Append("inputs = processor(images=[image], text=prompt, add_special_tokens=False, return_tensors=\"pt\")\n");
            text.Append("print(processor.decode(model.generate(**inputs, max_new_tokens=64)[0], skip_special_tokens=True))\n```\n\n");
            text.Append(vip ? "vLLM has no class for VipLlava.\n" : "```console\n$ vllm serve folder\n```\n");
        }
        if (notes.Count > 0) text.Append("\n## Notes\n\n");
        foreach (var note in notes) text.Append(CultureInfo.InvariantCulture, $"- {note}\n");
        return text.ToString();
    }
}
