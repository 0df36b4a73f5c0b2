using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Models.Towers;
using Grafting.Core.Text;
using static TorchSharp.torch;

namespace Grafting.Core.Transfer;

/// <summary>How an encoder is built and spoken to; the part of a bundle's and a graft's <c>graft.json</c> that describes it.</summary>
/// <param name="Tower">The tower's <c>config.json</c>.</param>
/// <param name="Features">Which of the tower's features the adapter reads.</param>
/// <param name="Adapter">Kind and sizes of the adapter.</param>
/// <param name="LanguageWidth">Width of the decoder's embeddings.</param>
/// <param name="Template">Chat template that it was trained with.</param>
/// <param name="ImagePrompt">What leads from a picture to its question when the encoder is asked (<see cref="Text.ImagePrompt"/>); null,
/// and not written, where pictures stand before their questions.</param>
/// <param name="Boundary">False where no learned vectors stand around a picture; null, and not written, where they do.</param>
/// <param name="Tiles">How pictures are cut into tiles; null, and not written, where each is read as one square.</param>
/// <param name="TemplateSource">Jinja of the chat template that it was trained with; null, and not written, for one of graft's own.</param>
public sealed record EncoderDescription(
    JsonObject Tower, FeaturePath Features, AdapterSettings Adapter, int LanguageWidth, string Template, string? ImagePrompt = null,
    bool? Boundary = null, Tiling? Tiles = null, string? TemplateSource = null)
{
    const string Key = "encoder";

    static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static EncoderDescription Of(VisionEncoder encoder, string template, string? imagePrompt = null, string? templateSource = null)
    {
        var adapter = encoder.Adapter.Config;
        return new(
            encoder.Tower.Config.ToJson(encoder.Tower.DType), encoder.Tower.Path, adapter.Settings, adapter.LanguageWidth, template,
            imagePrompt,
            encoder.Boundary is null ? false : null, encoder.Tiling, templateSource);
    }

    public void WriteTo(JsonObject details) => details[Key] = JsonSerializer.SerializeToNode(this, Format);

    /// <summary>The chat template that it was trained with.</summary>
    /// <param name="model">Folder of the language model, whose special tokens a template in Jinja writes.</param>
    public ChatTemplate ChatTemplate(string model) =>
        TemplateSource is null
            ? Text.ChatTemplate.Named(Template)
            : Text.ChatTemplate.OfSource(TemplateSource, "the chat template of the encoder", model);

    /// <summary>An encoder with undefined parameters.</summary>
    /// <param name="source">Where the description stands, for messages.</param>
    public VisionEncoder Build(string source, Device device, ScalarType dtype)
    {
        var tower = TowerFamilies.ReadConfig(JsonSerializer.SerializeToElement(Tower), source).Build(Features, device, dtype);
        return new VisionEncoder(tower, Adapter.Build(tower, LanguageWidth), Boundary ?? true, Tiles);
    }

    /// <exception cref="GraftException">Input, when the manifest describes no encoder.</exception>
    public static EncoderDescription ReadFrom(ArtefactManifest manifest, string folder)
    {
        var json = manifest.Details[Key]?.DeepClone() as JsonObject;
        if (json is not null) AdapterSettings.BringUpToDate(json);
        var source = Path.Combine(folder, ArtefactManifest.FileName);
        if (json?.Deserialize<EncoderDescription>(Format) is not { Adapter: not null } description)
            throw Fault.Input($"{source} describes no encoder.");
        try
        {
            description.Adapter.Validate();
            description.Tiles?.Validate();
            return description;
        }
        catch (GraftException fault) when (fault.Kind == ErrorKind.Usage)
        {
            throw Fault.Input($"{source}: {fault.Message}", "It was made by another version of graft, or changed since.", fault);
        }
    }
}

/// <summary>The files of a trained encoder, the same in a bundle and in a graft.</summary>
public static class EncoderFiles
{
    public const string WeightsName = "encoder.safetensors";
    const string PreprocessorName = "preprocessor_config.json";
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static IReadOnlyList<string> Names { get; } = [WeightsName, PreprocessorName];

    /// <summary>How many positions every picture takes in the language model's sequence, those of the boundary included.</summary>
    /// <param name="folder">Of a bundle or a graft.</param>
    /// <exception cref="GraftException">Input: it has no encoder, or one that takes another number for each picture.</exception>
    public static int PicturePositions(string folder)
    {
        using var encoder = EncoderDescription.ReadFrom(ArtefactManifest.Read(folder), folder).Build(folder, META, ScalarType.Float32);
        return encoder.Tiling is null ? encoder.Tokens : throw Fault.Input(
            $"{folder} cuts pictures into tiles, so that each takes a number of positions of its own.",
            "Give the largest that is to be expected as --image-tokens.");
    }

    /// <returns>The stamps of large files, which need not be read again.</returns>
    public static Dictionary<string, FileStamp> Write(string folder, VisionEncoder encoder, PreprocessorConfig preprocessing)
    {
        var stamp = SafetensorsWriter.Write(Path.Combine(folder, WeightsName), Weights.Sources(encoder, encoder.Keys));
        File.WriteAllText(Path.Combine(folder, PreprocessorName), preprocessing.ToJson().ToJsonString(Indented) + "\n");
        return new() { [WeightsName] = stamp };
    }

    /// <param name="description">What says whether pictures are cut into tiles.</param>
    public static PreprocessorConfig Preprocessing(string folder, EncoderDescription description) =>
        PreprocessorConfig.Read(Path.Combine(folder, PreprocessorName)) with { Tiling = description.Tiles };

    public static VisionEncoder Load(string folder, EncoderDescription description, Device device, ScalarType dtype)
    {
        var path = Path.Combine(folder, WeightsName);
        var encoder = description.Build(Path.Combine(folder, ArtefactManifest.FileName), device, dtype);
        using var file = SafetensorsFile.Open(path);
        Weights.Load(encoder, encoder.Keys, file.Tensors.ToDictionary(t => t.Key, t => new StoredTensor(t.Value, file)), path);
        return encoder;
    }
}
