using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using static TorchSharp.torch;

namespace Grafting.Core.Transfer.Export;

/// <summary>
/// A trained encoder, and the language model that it goes with: a graft, or a bundle with the target that it was trained for.
/// </summary>
/// <param name="Folder">Of the artefact.</param>
/// <param name="Kind">Of its manifest.</param>
/// <param name="Encoder">How the encoder is built.</param>
/// <param name="Model">Folder of language model and tokenizer; it need not be there.</param>
/// <param name="Sources">What the artefact came from.</param>
public sealed record ExportSource(
    string Folder, string Kind, EncoderDescription Encoder, string Model, IReadOnlyList<ArtefactSource> Sources)
{
    readonly IReadOnlyDictionary<string, string>? _fingerprint;

    ExportSource(
        string folder, string kind, EncoderDescription encoder, string model, IReadOnlyList<ArtefactSource> sources,
        IReadOnlyDictionary<string, string>? fingerprint)
        : this(folder, kind, encoder, model, sources) => _fingerprint = fingerprint;

    /// <exception cref="GraftException">
    /// Input: neither a graft nor a bundle, a file is missing or changed, or the graft has adapters that are not merged.
    /// </exception>
    public static ExportSource Open(string folder)
    {
        var kind = ArtefactManifest.Read(folder).Kind;
        switch (kind)
        {
            case GraftArtefact.Kind:
                var graft = GraftArtefact.Open(folder);
                if (graft.Tuning is { HoldsModel: false })
                {
                    throw Fault.Input(
                        $"{folder} has adapters of low rank beside its language model; an export holds one set of weights.",
                        $"Run 'graft merge {folder}', and export what it makes.");
                }
                // A model that was trained further is not the one of the fingerprint any more.
                return new(folder, kind, graft.Encoder, graft.Model, graft.Sources, graft.Tuning is null ? graft.Fingerprint : null);
            case EncoderBundle.Kind:
                var bundle = EncoderBundle.Open(folder);
                return new(folder, kind, bundle.Encoder, bundle.Target.Path, bundle.Manifest.Sources, bundle.Fingerprint);
            default:
                throw Fault.Input(
                    $"{folder} is of the kind \"{kind}\"; a graft or a bundle can be exported.", "'graft transfer' makes a graft.");
        }
    }

    public VisionEncoder LoadEncoder(Device device, ScalarType dtype) => EncoderFiles.Load(Folder, Encoder, device, dtype);

    /// <exception cref="GraftException">Input, when the language model is not there.</exception>
    public Checkpoint OpenModel() => Directory.Exists(Model) ? Checkpoint.Open(Model) : throw Fault.Input(
        $"the language model {Model} of {Folder} is not there.",
        $"Make a graft with the one that is: 'graft transfer --bundle {BundleFolder} --target MODEL', and export that.");

    /// <summary>Proves that a language model is the one that the encoder speaks to.</summary>
    /// <param name="digests">SHA-256 of its tensors, by their names.</param>
    /// <exception cref="GraftException">Input, naming the first tensor that differs.</exception>
    public void Prove(IReadOnlyDictionary<string, string> digests)
    {
        if (_fingerprint is null) return;
        var same = _fingerprint.Keys.Where(digests.ContainsKey).ToDictionary(name => name, name => digests[name], StringComparer.Ordinal);
        if (EmbeddingFingerprint.Differences(same, _fingerprint).FirstOrDefault() is not { } first) return;
        throw Fault.Input(
            $"{Model} {first}: it is not the model that the encoder of {Folder} was trained for.",
            "Give back the one that it was grafted onto.");
    }

    public Decoder LoadModel(Device device, ScalarType dtype) => DecoderFamilies.Load(Model, device, dtype);

    /// <summary>The bundle that the encoder came from; this one where it is a bundle.</summary>
    public string BundleFolder => Sources.FirstOrDefault(source => source.Role == GraftArtefact.BundleRole)?.Path ?? Folder;
}
