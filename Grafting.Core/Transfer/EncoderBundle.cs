using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using static TorchSharp.torch;

namespace Grafting.Core.Transfer;

/// <summary>
/// A trained encoder on disk: tower, adapter, boundary vectors and preprocessing, the surrogate's trained translator (which only the
/// pair of encoder and surrogate uses), and the fingerprint of the embedding space that it speaks.
/// </summary>
/// <param name="Folder">Where it lies.</param>
/// <param name="Manifest">Its <c>graft.json</c>.</param>
/// <param name="Encoder">How it is built.</param>
/// <param name="Fingerprint">SHA-256 of every tensor that the surrogate inherited, by its name in the target.</param>
public sealed record EncoderBundle(
    string Folder, ArtefactManifest Manifest, EncoderDescription Encoder, IReadOnlyDictionary<string, string> Fingerprint)
{
    public const string Kind = "bundle";
    const string TranslatorName = "translator.safetensors";

    /// <summary>The resolved recipe that it was trained by.</summary>
    public const string RecipeName = "recipe.yaml";

    /// <summary>Role, among the sources of an imported bundle, of the LLaVA that it was taken out of.</summary>
    public const string ImportRole = "llava";

    /// <exception cref="GraftException">Input, for a bundle that was trained without one, as an imported one is.</exception>
    public ArtefactSource Surrogate =>
        TrainedWith ?? throw Fault.Input($"{Path.Combine(Folder, ArtefactManifest.FileName)} names no surrogate.");

    /// <summary>The surrogate that it was trained with; null for an imported bundle that no surrogate was given for.</summary>
    public ArtefactSource? TrainedWith => Manifest.Sources.FirstOrDefault(s => s.Role == "surrogate");

    public ArtefactSource Target => Source("target");

    /// <exception cref="GraftException">Usage, for an imported bundle whose language model nobody has named yet.</exception>
    public string RequireTarget() => Target.Path.Length > 0 ? Target.Path : throw Fault.Usage(
        $"{Folder} was imported, and it is not known where its language model stands alone.", "Give it with --target.");

    /// <summary>Writes a bundle, whole or not at all.</summary>
    /// <param name="translator">
    /// Trained parameters of the surrogate under their names in its checkpoint; null for an imported encoder.
    /// </param>
    /// <param name="recipe">That it was trained by; null where it was not trained here.</param>
    /// <param name="sources">Surrogate and target.</param>
    /// <param name="imagePrompt">What leads from a picture to its question when the encoder is asked; null: nothing.</param>
    /// <param name="templateSource">Jinja of the chat template; null for one of graft's own.</param>
    public static void Write(
        string folder,
        VisionEncoder encoder,
        PreprocessorConfig preprocessing,
        string template,
        IEnumerable<TensorSource>? translator,
        string? recipe,
        Origin origin,
        IReadOnlyList<ArtefactSource> sources,
        IReadOnlyDictionary<string, string> fingerprint,
        bool replace,
        string? imagePrompt = null,
        string? templateSource = null)
    {
        var details = new JsonObject();
        EncoderDescription.Of(encoder, template, imagePrompt, templateSource).WriteTo(details);
        EmbeddingFingerprint.WriteTo(details, fingerprint);
        AtomicFolder.Commit(
            folder,
            staging =>
            {
                var stamps = EncoderFiles.Write(staging, encoder, preprocessing);
                if (translator is not null)
                    stamps[TranslatorName] = SafetensorsWriter.Write(Path.Combine(staging, TranslatorName), translator);
                if (recipe is not null) File.WriteAllText(Path.Combine(staging, RecipeName), recipe);
                new ArtefactManifest(Kind, origin) { Sources = sources, Files = stamps, Details = details }.Write(staging);
            },
            replace);
    }

    /// <summary>Opens a bundle and verifies its files.</summary>
    /// <exception cref="GraftException">Input: not a bundle, or a file is missing or changed.</exception>
    public static EncoderBundle Open(string folder)
    {
        var manifest = ArtefactManifest.Read(folder, Kind);
        manifest.Verify(folder);
        var fingerprint = EmbeddingFingerprint.ReadFrom(manifest, folder)
            ?? throw Fault.Input($"{Path.Combine(folder, ArtefactManifest.FileName)} has no fingerprint of the embedding space.");
        return new EncoderBundle(folder, manifest, EncoderDescription.ReadFrom(manifest, folder), fingerprint);
    }

    public VisionEncoder Load(Device device, ScalarType dtype) => EncoderFiles.Load(Folder, Encoder, device, dtype);

    /// <summary>Puts the trained translator into the surrogate that it was trained in; an imported bundle has none.</summary>
    public void ApplyTranslator(Decoder surrogate)
    {
        if (!Manifest.Files.ContainsKey(TranslatorName)) return;
        using var file = SafetensorsFile.Open(Path.Combine(Folder, TranslatorName));
        var parameters = surrogate.named_parameters().ToDictionary(
            p => surrogate.Keys.ToTheirs(p.name)!, p => p.parameter, StringComparer.Ordinal);
        foreach (var (name, entry) in file.Tensors)
        {
            if (!parameters.TryGetValue(name, out var parameter) || !parameter.shape.SequenceEqual(entry.Shape))
                throw Fault.Input(
                    $"{file.Path}: '{name}' does not fit the surrogate.", "Give the surrogate that the bundle was trained with.");
            TensorLoading.Fill(parameter, new StoredTensor(entry, file));
        }
    }

    ArtefactSource Source(string role) =>
        Manifest.Sources.FirstOrDefault(s => s.Role == role)
        ?? throw Fault.Input($"{Path.Combine(Folder, ArtefactManifest.FileName)} names no {role}.");
}
